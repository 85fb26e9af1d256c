// What deserves an alert, and how alerts are collapsed: pure, so that every rule can be tested.

import type { StreamEvent } from "../api/events";
import type { ChannelType, ChatView } from "../api/types";
import { isOfferedTo } from "./chats";

export interface Alert {
  chatId: string;
  kind: "chat" | "message" | "offer";
  name: string;
  initial: string;
  customerId: string;
  channel: ChannelType;
  /** What the customer wrote; empty for a chat that came without a message. */
  text: string;
}

export interface ChatToast extends Alert {
  kind: "chat" | "message";
  /** One pop-up per chat: the chat's id. */
  key: string;
  /** How many alerts of this chat it stands for. */
  count: number;
  at: number;
}

/** Something a rule tells this person: a reminder, a step of the fallback chain. */
export interface NoticeToast {
  kind: "notice";
  key: string;
  /** Absent when it is about no chat. */
  chatId: string | undefined;
  /** The customer of the chat, when the screen knows it. */
  name: string | undefined;
  text: string;
  at: number;
}

export type Toast = ChatToast | NoticeToast;

/**
 * The alert an event calls for: another customer came to me or is held out to me, or one of my customers wrote.
 * `known` is the chat as my list had it before the event.
 */
export function alertFor(event: StreamEvent, me: string, known: ChatView | undefined): Alert | undefined {
  if (event.type === "message.created") {
    const chat = event.chat ?? known;
    if (event.message.side !== "customer" || !chat || chat.owner?.id !== me || chat.phase === "closed")
      return undefined;
    // Another tab or an earlier fetch has already shown it as read.
    if (known && event.message.seq <= known.read_seq) return undefined;
    return { ...base(chat), kind: known ? "message" : "chat", text: event.message.text };
  }
  if (event.type === "chat.assigned" && event.chat.owner?.id === me && event.chat.phase !== "closed") {
    // Mine already, or accepted here a moment ago: that is no news.
    if (known?.owner?.id === me || known?.offer?.agent.id === me) return undefined;
    return { ...base(event.chat), kind: "chat", text: event.chat.last_message?.text ?? "" };
  }
  if ((event.type === "chat.offered" || event.type === "chat.updated") && isOfferedTo(event.chat, me)) {
    if (known?.offer?.id === event.chat.offer?.id) return undefined;
    return { ...base(event.chat), kind: "offer", text: event.chat.last_message?.text ?? "" };
  }
  return undefined;
}

function base(chat: ChatView): Omit<Alert, "kind" | "text"> {
  return {
    chatId: chat.id,
    name: chat.customer.name,
    initial: chat.customer.initial,
    customerId: chat.customer.id,
    channel: chat.channel.type,
  };
}

const MOST_TOASTS = 4;

/**
 * The pop-ups with one more alert: a chat has at most one, the newest stands first. An offer has a place of its own on
 * screen and makes no pop-up here.
 */
export function withAlert(toasts: readonly Toast[], alert: Alert, at: number): readonly Toast[] {
  if (alert.kind === "offer") return toasts;
  const found = toasts.find((toast) => toast.key === alert.chatId);
  const before = found?.kind === "notice" ? undefined : found;
  const toast: ChatToast = {
    ...alert,
    key: alert.chatId,
    // A new chat stays one until it is opened, whatever its customer adds.
    kind: before?.kind === "chat" ? "chat" : alert.kind,
    text: alert.text === "" ? (before?.text ?? "") : alert.text,
    count: (before?.count ?? 0) + 1,
    at,
  };
  return [toast, ...toasts.filter((other) => other !== before)].slice(0, MOST_TOASTS);
}

/** The pop-ups with a notice; a repeat of the same words about the same chat takes the place of the first. */
export function withNotice(toasts: readonly Toast[], notice: Omit<NoticeToast, "kind" | "key">): readonly Toast[] {
  const key = `notice ${notice.chatId ?? ""} ${notice.text}`;
  const toast: NoticeToast = { ...notice, kind: "notice", key };
  return [toast, ...toasts.filter((other) => other.key !== key)].slice(0, MOST_TOASTS);
}

/** The pop-ups without one. */
export function withoutKey(toasts: readonly Toast[], key: string): readonly Toast[] {
  return toasts.some((toast) => toast.key === key) ? toasts.filter((toast) => toast.key !== key) : toasts;
}

/** The pop-ups without those of a chat. */
export function withoutChat(toasts: readonly Toast[], chatId: string): readonly Toast[] {
  return toasts.some((toast) => toast.chatId === chatId) ? toasts.filter((toast) => toast.chatId !== chatId) : toasts;
}

/** What one tab shows, as it tells the others. */
export interface TabView {
  tab: string;
  /** The chat on screen, when the tab is visible and has the focus. */
  inView: string | undefined;
  visible: boolean;
  at: number;
}

/** A tab that hasn't spoken for this long is gone (ms). */
export const TAB_GONE_AFTER = 12_000;

/** Tells whether some tab has the chat in view right now. */
export function isInView(tabs: Iterable<TabView>, chatId: string, now: number): boolean {
  for (const tab of tabs) {
    if (tab.inView === chatId && now - tab.at < TAB_GONE_AFTER) return true;
  }
  return false;
}
