// The messages of one chat: pure functions that merge pages, events and what is on its way out.

import type { Message, MessageStatus, Page } from "../api/types";

/** A message the server hasn't confirmed. It keeps its client_id, so that sending it again can't double it. */
export interface Pending {
  clientId: string;
  text: string;
  note: boolean;
  createdAt: string;
  /** Set when the server refused it or couldn't be reached. */
  error?: string;
}

export interface Thread {
  /** Ascending by seq, each id once. */
  items: Message[];
  pending: Pending[];
  /** Earlier messages exist that aren't loaded. */
  hasOlder: boolean;
}

export const emptyThread: Thread = { items: [], pending: [], hasOlder: false };

const RANK: Record<MessageStatus, number> = {
  queued: 1,
  sending: 2,
  unknown: 3,
  sent: 4,
  failed: 5,
  delivered: 6,
  read: 7,
  received: 9,
};

/** The newer of two states of one message: a status only moves forward, whatever order the news came in. */
export function newer(known: Message, next: Message): Message {
  return (RANK[next.status] ?? 0) >= (RANK[known.status] ?? 0) ? next : known;
}

function merge(known: readonly Message[], incoming: readonly Message[]): Message[] {
  const byId = new Map(known.map((message) => [message.id, message]));
  for (const message of incoming) {
    const before = byId.get(message.id);
    byId.set(message.id, before ? newer(before, message) : message);
  }
  return [...byId.values()].sort((a, b) => a.seq - b.seq || (a.id < b.id ? -1 : 1));
}

function withoutConfirmed(pending: Pending[], messages: readonly Message[]): Pending[] {
  const confirmed = new Set(messages.map((message) => message.client_id));
  const left = pending.filter((item) => !confirmed.has(item.clientId));
  return left.length === pending.length ? pending : left;
}

/**
 * The thread after its newest page was fetched. When the page doesn't reach back to what is known there is a gap:
 * the older messages are dropped and can be loaded again, so that a hole is never shown as a whole.
 */
export function withNewestPage(thread: Thread, page: Page<Message>, limit: number): Thread {
  const first = page.items[0];
  const last = thread.items.at(-1);
  const full = page.items.length >= limit;
  const gap = first !== undefined && last !== undefined && full && first.seq > last.seq;
  const fresh = thread.items.length === 0 || gap;
  return {
    items: merge(gap ? [] : thread.items, page.items),
    pending: withoutConfirmed(thread.pending, page.items),
    hasOlder: fresh ? full : thread.hasOlder,
  };
}

/** The thread after a page of earlier messages. */
export function withOlderPage(thread: Thread, page: Page<Message>, limit: number): Thread {
  return { ...thread, items: merge(page.items, thread.items), hasOlder: page.items.length >= limit };
}

/** The thread after one message came or changed. */
export function withMessage(thread: Thread, message: Message): Thread {
  const oldest = thread.items[0];
  // News of a message above the loaded part: it will come with its page.
  if (thread.hasOlder && oldest && message.seq < oldest.seq) return thread;
  return {
    ...thread,
    items: merge(thread.items, [message]),
    pending: withoutConfirmed(thread.pending, [message]),
  };
}

/** The thread with a message on its way, or one that failed put on its way again. */
export function withPending(thread: Thread, pending: Pending): Thread {
  if (thread.items.some((message) => message.client_id === pending.clientId)) return thread;
  const others = thread.pending.filter((item) => item.clientId !== pending.clientId);
  return { ...thread, pending: [...others, pending] };
}

/** The thread after a send failed: the text stays in sight with the reason. */
export function withFailure(thread: Thread, clientId: string, error: string): Thread {
  return {
    ...thread,
    pending: thread.pending.map((item) => (item.clientId === clientId ? { ...item, error } : item)),
  };
}

/** The thread without a message that was never sent and no longer should be. */
export function withoutPending(thread: Thread, clientId: string): Thread {
  return { ...thread, pending: thread.pending.filter((item) => item.clientId !== clientId) };
}

/** The seq of the newest message on screen; 0 when there is none. */
export function newestSeq(thread: Thread): number {
  return thread.items.at(-1)?.seq ?? 0;
}
