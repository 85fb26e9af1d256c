// Lists of chats: pure functions from a list and an event to the next list.

import type { StreamEvent } from "../api/events";
import type { ChatListView, ChatView, Message, Page } from "../api/types";

/** A list as screens keep it: pages joined, with the cursor of the next one. */
export type ChatList = Page<ChatView>;

export type MineGroup = "needsReply" | "waitingForCustomer" | "customerLeft";

const PREVIEW_CHARACTERS = 160;

function belongs(view: ChatListView, chat: ChatView, me: string): boolean {
  switch (view) {
    case "mine":
      return chat.phase !== "closed" && chat.owner?.id === me;
    case "waiting":
      return chat.phase === "queued";
    case "all":
      return chat.phase !== "closed";
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
      if (event.chat) return isStale(chat, event.chat) ? chat : event.chat;
      return event.type === "message.created" ? withMessage(chat, event.message) : chat;
    case "chat.queued":
    case "chat.assigned":
    case "chat.updated":
    case "chat.closed":
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
  return chat.waiting_since ? "needsReply" : "waitingForCustomer";
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** My chats by group: longest waiting customer first, then the most recently active, then who left first. */
export function grouped(items: readonly ChatView[]): Record<MineGroup, ChatView[]> {
  const groups: Record<MineGroup, ChatView[]> = { needsReply: [], waitingForCustomer: [], customerLeft: [] };
  for (const chat of items) groups[groupOf(chat)].push(chat);
  groups.needsReply.sort((a, b) => byText(a.waiting_since ?? "", b.waiting_since ?? "") || byText(a.id, b.id));
  const lastAt = (chat: ChatView) => chat.last_message?.at ?? chat.created_at;
  groups.waitingForCustomer.sort((a, b) => byText(lastAt(b), lastAt(a)) || byText(a.id, b.id));
  groups.customerLeft.sort((a, b) => byText(a.customer_left_at ?? "", b.customer_left_at ?? "") || byText(a.id, b.id));
  return groups;
}

/** My chats in the order the list shows them. */
export function inOrder(items: readonly ChatView[]): ChatView[] {
  const groups = grouped(items);
  return [...groups.needsReply, ...groups.waitingForCustomer, ...groups.customerLeft];
}

/** Oldest waiting first. */
export function byQueueTime(items: readonly ChatView[]): ChatView[] {
  return items.toSorted((a, b) => byText(a.queued_at, b.queued_at) || byText(a.id, b.id));
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
