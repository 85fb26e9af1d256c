// Frames of the event stream, checked when they arrive: an unknown one is ignored, never guessed at.

import type { ChatView, Message, User } from "./types";

interface Envelope {
  id: number;
  cursor: string;
}

export type ChatEventType = "chat.queued" | "chat.assigned" | "chat.updated" | "chat.closed" | "chat.offered";

export type StreamEvent =
  | (Envelope & { type: "message.created" | "message.updated"; message: Message; chat?: ChatView })
  | (Envelope & { type: ChatEventType; chat: ChatView })
  | (Envelope & { type: "agent.status"; user: User })
  | (Envelope & { type: "notice"; text: string; chatId?: string })
  | (Envelope & { type: "waiting.changed"; waiting?: number; longestWaitingSince?: string });

export type Frame =
  | { kind: "hello"; cursor: string }
  | { kind: "resync" }
  | { kind: "ping"; cursor: string }
  | { kind: "event"; event: StreamEvent };

type Json = Record<string, unknown>;

function record(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function withId(value: unknown): Json | undefined {
  const found = record(value);
  return found && typeof found.id === "string" ? found : undefined;
}

function eventOf(frame: Json): StreamEvent | undefined {
  const data = record(frame.data) ?? {};
  const envelope: Envelope = {
    id: typeof frame.id === "number" ? frame.id : 0,
    cursor: typeof frame.cursor === "string" ? frame.cursor : "",
  };
  switch (frame.type) {
    case "message.created":
    case "message.updated": {
      const message = withId(data.message);
      if (!message) return undefined;
      const chat = withId(data.chat);
      const event = { ...envelope, type: frame.type, message: message as unknown as Message };
      return chat ? { ...event, chat: chat as unknown as ChatView } : event;
    }
    case "chat.queued":
    case "chat.assigned":
    case "chat.updated":
    case "chat.closed":
    case "chat.offered": {
      const chat = withId(data.chat);
      return chat ? { ...envelope, type: frame.type, chat: chat as unknown as ChatView } : undefined;
    }
    case "agent.status": {
      const user = withId(data.user);
      return user ? { ...envelope, type: frame.type, user: user as unknown as User } : undefined;
    }
    case "notice": {
      if (typeof data.text !== "string" || data.text === "") return undefined;
      const about = typeof data.chat_id === "string" ? data.chat_id : frame.chat_id;
      const event = { ...envelope, type: frame.type, text: data.text };
      return typeof about === "string" && about !== "" ? { ...event, chatId: about } : event;
    }
    case "waiting.changed":
      return {
        ...envelope,
        type: frame.type,
        ...(typeof data.waiting === "number" ? { waiting: data.waiting } : {}),
        ...(typeof data.longest_waiting_since === "string" ? { longestWaitingSince: data.longest_waiting_since } : {}),
      };
    default:
      return undefined;
  }
}

/** Decodes one frame; `undefined` for anything that isn't in the contract. */
export function parseFrame(text: string): Frame | undefined {
  let decoded: unknown;
  try {
    decoded = JSON.parse(text);
  } catch {
    return undefined;
  }
  const frame = record(decoded);
  if (!frame) return undefined;
  switch (frame.type) {
    case "hello":
      return { kind: "hello", cursor: typeof frame.cursor === "string" ? frame.cursor : "" };
    case "resync":
      return { kind: "resync" };
    case "ping":
      return { kind: "ping", cursor: typeof frame.cursor === "string" ? frame.cursor : "" };
    default: {
      const event = eventOf(frame);
      return event ? { kind: "event", event } : undefined;
    }
  }
}
