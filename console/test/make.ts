// Builders of what the API gives, for tests.

import type { ChatEventType, StreamEvent } from "../src/api/events";
import type { ChatView, Disposition, Message, User } from "../src/api/types";

export const ME = "me";

export function chat(change: Partial<ChatView> = {}): ChatView {
  return {
    id: "a",
    phase: "active",
    channel: { id: "c", key: "demo-sms", type: "sms", name: "SMS" },
    customer: { id: "m", name: "Maria", initial: "M", address: "+12025550142" },
    owner: { id: ME, name: "Ada" },
    unread: 0,
    clocks: [],
    members: [],
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

export function changed(type: ChatEventType, view: ChatView): StreamEvent {
  return { type, id: 0, cursor: "", chat: view };
}

export function disposition(id: string, parent?: string, change: Partial<Disposition> = {}): Disposition {
  return {
    id,
    name: id,
    position: 0,
    disabled: false,
    callback: false,
    queue_ids: [],
    ...(parent ? { parent_id: parent } : {}),
    ...change,
  };
}

export function user(id: string, change: Partial<User> = {}): User {
  return {
    id,
    account_id: "demo",
    name: id,
    email: `${id}@demo.test`,
    role: "agent",
    status: "available",
    status_since: "2026-11-25T10:00:00Z",
    created_at: "2026-11-25T10:00:00Z",
    max_chats: 5,
    open_chats: 0,
    queue_ids: [],
    channel_types: [],
    connected: true,
    wrap_up: false,
    slots: { used: 0, cap: 5, full: "" },
    ...change,
  };
}
