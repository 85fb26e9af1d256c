// Lists of chats: pure functions from a list and an event to the next list.

import type { StreamEvent } from "../api/events";
import type { ChatListView, ChatView, Message, Page } from "../api/types";

/** A list as screens keep it: pages joined, with the cursor of the next one. */
export type ChatList = Page<ChatView>;

export type MineGroup = "needsReply" | "waitingForCustomer" | "held" | "customerLeft";

const PREVIEW_CHARACTERS = 160;

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Tells whether the chat is held out to this person, who may accept or decline it. */
export function isOfferedTo(chat: ChatView, me: string): boolean {
  return chat.phase !== "closed" && chat.owner?.id !== me && chat.offer?.agent.id === me;
}

/** The chats of a list that are this person's own. */
export function ownedBy(items: readonly ChatView[], me: string): ChatView[] {
  return items.filter((chat) => chat.owner?.id === me);
}

/** The chats held out to this person, the one that ends first in front. */
export function offersTo(items: readonly ChatView[], me: string): ChatView[] {
  const ends = (chat: ChatView) => chat.offer?.expires_at ?? "";
  return items.filter((chat) => isOfferedTo(chat, me)).sort((a, b) => byText(ends(a), ends(b)));
}

function belongs(view: ChatListView, chat: ChatView, me: string): boolean {
  switch (view) {
    case "mine":
      return chat.phase !== "closed" && (chat.owner?.id === me || isOfferedTo(chat, me));
    case "waiting":
      return chat.phase === "queued";
    case "all":
      return true;
  }
}

/** Tells whether `next` is older news than `known`; a chat's seq only grows, and so does what was read of it. */
export function isStale(known: ChatView, next: ChatView): boolean {
  if (known.last_seq !== next.last_seq) return next.last_seq < known.last_seq;
  return next.read_seq < known.read_seq;
}

/** The chat after one more message, for events that carry the message alone. */
export function withMessage(chat: ChatView, message: Message): ChatView {
  if (message.seq <= chat.last_seq) return chat;
  const shown = message.kind === "text" || message.kind === "placeholder";
  const next: ChatView = { ...chat, last_seq: message.seq };
  if (!shown) return next;
  next.last_message = {
    side: message.side,
    text: message.text.slice(0, PREVIEW_CHARACTERS),
    at: message.created_at,
  };
  if (message.side === "customer") {
    next.unread = chat.unread + 1;
    next.waiting_since = chat.waiting_since ?? message.created_at;
  } else if (message.side === "agent") {
    delete next.waiting_since;
  }
  return next;
}

/** The chat as it is after the event, or the same object when the event says nothing new about it. */
export function chatAfter(chat: ChatView, event: StreamEvent): ChatView {
  switch (event.type) {
    case "message.created":
    case "message.updated":
      if (event.message.chat_id !== chat.id) return chat;
      // What a new message brought is known already: the chat here is as new as its event, or newer.
      if (event.type === "message.created" && event.message.seq <= chat.last_seq) return chat;
      if (event.chat) return isStale(chat, event.chat) ? chat : event.chat;
      return event.type === "message.created" ? withMessage(chat, event.message) : chat;
    case "chat.queued":
    case "chat.assigned":
    case "chat.updated":
    case "chat.closed":
    case "chat.offered":
      return event.chat.id !== chat.id || isStale(chat, event.chat) ? chat : event.chat;
    default:
      return chat;
  }
}

function chatOf(event: StreamEvent): ChatView | undefined {
  return "chat" in event ? event.chat : undefined;
}

/** The list after the event: changed in place, joined by a new chat, or left by one that no longer belongs. */
export function listAfter(list: ChatList, view: ChatListView, event: StreamEvent, me: string): ChatList {
  const id = "message" in event ? event.message.chat_id : chatOf(event)?.id;
  if (!id) return list;
  const at = list.items.findIndex((chat) => chat.id === id);
  const known = list.items[at];
  if (!known) {
    const chat = chatOf(event);
    return chat && belongs(view, chat, me) ? { ...list, items: [...list.items, chat] } : list;
  }
  const next = chatAfter(known, event);
  if (next === known) return list;
  const items = belongs(view, next, me) ? list.items.with(at, next) : list.items.toSpliced(at, 1);
  return { ...list, items };
}

/** Joins a further page; a chat that is already there is kept as it is. */
export function joinPages(list: ChatList, page: ChatList): ChatList {
  const known = new Set(list.items.map((chat) => chat.id));
  return { items: [...list.items, ...page.items.filter((chat) => !known.has(chat.id))], next: page.next };
}

/** Where a chat of mine stands. */
export function groupOf(chat: ChatView): MineGroup {
  if (chat.phase === "customer_left") return "customerLeft";
  if (chat.held_until) return "held";
  return chat.waiting_since ? "needsReply" : "waitingForCustomer";
}

/**
 * My chats by group: longest waiting customer first, then the most recently active, then the held one that returns
 * first, then who left first.
 */
export function grouped(items: readonly ChatView[]): Record<MineGroup, ChatView[]> {
  const groups: Record<MineGroup, ChatView[]> = { needsReply: [], waitingForCustomer: [], held: [], customerLeft: [] };
  for (const chat of items) groups[groupOf(chat)].push(chat);
  groups.needsReply.sort((a, b) => byText(a.waiting_since ?? "", b.waiting_since ?? "") || byText(a.id, b.id));
  const lastAt = (chat: ChatView) => chat.last_message?.at ?? chat.created_at;
  groups.waitingForCustomer.sort((a, b) => byText(lastAt(b), lastAt(a)) || byText(a.id, b.id));
  groups.held.sort((a, b) => byText(a.held_until ?? "", b.held_until ?? "") || byText(a.id, b.id));
  groups.customerLeft.sort((a, b) => byText(a.customer_left_at ?? "", b.customer_left_at ?? "") || byText(a.id, b.id));
  return groups;
}

/** My chats in the order the list shows them. */
export function inOrder(items: readonly ChatView[]): ChatView[] {
  const groups = grouped(items);
  return [...groups.needsReply, ...groups.waitingForCustomer, ...groups.held, ...groups.customerLeft];
}

/** Every chat there is: the open ones by their arrival, the closed ones by their end, the latest first. */
export function openAndClosed(items: readonly ChatView[]): { open: ChatView[]; closed: ChatView[] } {
  const ended = (chat: ChatView) => chat.closed_at ?? chat.created_at;
  return {
    open: byQueueTime(items.filter((chat) => chat.phase !== "closed")),
    closed: items
      .filter((chat) => chat.phase === "closed")
      .sort((a, b) => byText(ended(b), ended(a)) || byText(a.id, b.id)),
  };
}

/** Oldest waiting first. */
export function byQueueTime(items: readonly ChatView[]): ChatView[] {
  return items.toSorted((a, b) => byText(a.queued_at, b.queued_at) || byText(a.id, b.id));
}

/** A queue with its line, as the board shows it. */
export interface Line {
  id: string;
  name: string;
  chats: ChatView[];
}

/** The waiting chats by queue, each line in its order; queues that nobody waits in stand after the others, by name. */
export function linesOf(queues: readonly { id: string; name: string }[], waiting: readonly ChatView[]): Line[] {
  const lines = new Map<string, Line>(queues.map(({ id, name }) => [id, { id, name, chats: [] }]));
  for (const chat of waiting) {
    const id = chat.queue?.id ?? "";
    const line = lines.get(id) ?? { id, name: chat.queue?.name ?? "", chats: [] };
    line.chats.push(chat);
    lines.set(id, line);
  }
  const place = (chat: ChatView) => chat.position ?? Number.MAX_SAFE_INTEGER;
  for (const line of lines.values()) {
    line.chats.sort((a, b) => place(a) - place(b) || byText(a.queued_at, b.queued_at) || byText(a.id, b.id));
  }
  return [...lines.values()].sort(
    (a, b) => Math.sign(b.chats.length) - Math.sign(a.chats.length) || a.name.localeCompare(b.name),
  );
}

/** When the longest waiting of these chats arrived; undefined when nobody waits. */
export function longestSince(chats: readonly ChatView[]): string | undefined {
  return chats.reduce<string | undefined>(
    (oldest, chat) => (oldest === undefined || chat.queued_at < oldest ? chat.queued_at : oldest),
    undefined,
  );
}

/** The neighbour of a chat in a list, wrapping round; the first when the chat isn't in it. */
export function neighbour(order: readonly ChatView[], current: string | undefined, step: 1 | -1): ChatView | undefined {
  if (order.length === 0) return undefined;
  const at = order.findIndex((chat) => chat.id === current);
  if (at < 0) return step === 1 ? order[0] : order.at(-1);
  return order[(at + step + order.length) % order.length];
}

/** How many customer messages of mine are unread, for the tab's title. */
export function unreadOf(items: readonly ChatView[]): number {
  return items.reduce((sum, chat) => sum + chat.unread, 0);
}
