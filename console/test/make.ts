// Builders of what the API gives, for tests.

import type { StreamEvent } from "../src/api/events";
import type { ChatView, Message } from "../src/api/types";

export const ME = "me";

export function chat(change: Partial<ChatView> = {}): ChatView {
  return {
    id: "a",
    phase: "active",
    channel: { id: "c", key: "demo-sms", type: "sms", name: "SMS" },
    customer: { id: "m", name: "Maria", initial: "M", address: "+12025550142" },
    owner: { id: ME, name: "Ada" },
    unread: 0,
    last_seq: 5,
    read_seq: 5,
    created_at: "2026-11-25T10:00:00Z",
    queued_at: "2026-11-25T10:00:00Z",
    ...change,
  };
}

export function message(seq: number, change: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    chat_id: "a",
    seq,
    side: "customer",
    kind: "text",
    text: `text ${seq}`,
    status: "received",
    attachments: [],
    created_at: "2026-11-25T10:05:00Z",
    ...change,
  };
}

export function created(of: Message, view?: ChatView): StreamEvent {
  return { type: "message.created", id: of.seq, cursor: `1.${of.seq}`, message: of, ...(view ? { chat: view } : {}) };
}

export function changed(
  type: "chat.queued" | "chat.assigned" | "chat.updated" | "chat.closed",
  view: ChatView,
): StreamEvent {
  return { type, id: 0, cursor: "", chat: view };
}
