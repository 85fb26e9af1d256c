// One function per operation of the API that the console uses.

import { request } from "./client";
import type {
  Availability,
  CannedReply,
  ChatListView,
  ChatView,
  Disposition,
  Me,
  Message,
  Page,
  Summary,
  User,
} from "./types";

const base = "/api/v1";

function query(values: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

const chatPath = (id: string) => `${base}/chats/${encodeURIComponent(id)}`;

export const api = {
  login: (email: string, password: string) =>
    request<{ user: User }>("POST", `${base}/auth/login`, { body: { email, password } }),
  logout: () => request<void>("POST", `${base}/auth/logout`),
  me: (signal?: AbortSignal) => request<Me>("GET", `${base}/me`, signal ? { signal } : {}),
  setStatus: (status: Availability, reason?: string) =>
    request<User>("PUT", `${base}/me/status`, { body: reason ? { status, reason } : { status } }),
  summary: () => request<Summary>("GET", `${base}/summary`),

  chats: (view: ChatListView, cursor?: string) =>
    request<Page<ChatView>>("GET", `${base}/chats${query({ view, cursor, limit: view === "mine" ? 200 : 50 })}`),
  chat: (id: string) => request<ChatView>("GET", chatPath(id)),
  messages: (id: string, page: { before?: number; after?: number; limit?: number }) =>
    request<Page<Message>>("GET", `${chatPath(id)}/messages${query(page)}`),
  send: (id: string, clientId: string, text: string) =>
    request<Message>("POST", `${chatPath(id)}/messages`, { body: { client_id: clientId, text } }),
  addNote: (id: string, clientId: string, text: string) =>
    request<Message>("POST", `${chatPath(id)}/notes`, { body: { client_id: clientId, text } }),
  markRead: (id: string, seq: number) => request<void>("POST", `${chatPath(id)}/read`, { body: { seq } }),
  dispose: (id: string, key: string, body: { disposition_id: string; note: string; seen_seq: number }) =>
    request<ChatView>("POST", `${chatPath(id)}/dispose`, { body, idempotencyKey: key }),

  dispositions: (chatId: string) =>
    request<Page<Disposition>>("GET", `${base}/dispositions${query({ chat_id: chatId })}`),
  cannedReplies: () => request<Page<CannedReply>>("GET", `${base}/canned-replies`),
  customerChats: (customerId: string) =>
    request<Page<ChatView>>("GET", `${base}/customers/${encodeURIComponent(customerId)}/chats?limit=20`),
};
