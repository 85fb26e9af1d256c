// One function per operation of the API that the console uses.

import { request } from "./client";
import type {
  CannedReply,
  ChatListView,
  ChatView,
  DisposeBody,
  Disposition,
  FollowUp,
  Me,
  Message,
  Page,
  Pairing,
  Queue,
  RoutingStory,
  StatusChange,
  Summary,
  Transfer,
  User,
} from "./types";

const base = "/api/v1";

function query(values: Record<string, string | number | boolean | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

const chatPath = (id: string) => `${base}/chats/${encodeURIComponent(id)}`;
const customerPath = (id: string) => `${base}/customers/${encodeURIComponent(id)}`;

/** A command on a chat answers the chat as it is afterwards. */
const command = (id: string, name: string, body: object = {}) =>
  request<ChatView>("POST", `${chatPath(id)}/${name}`, { body });

export const api = {
  login: (email: string, password: string) =>
    request<{ user: User }>("POST", `${base}/auth/login`, { body: { email, password } }),
  logout: () => request<void>("POST", `${base}/auth/logout`),
  me: (signal?: AbortSignal) => request<Me>("GET", `${base}/me`, signal ? { signal } : {}),
  setStatus: (change: StatusChange) => request<User>("PUT", `${base}/me/status`, { body: change }),
  summary: () => request<Summary>("GET", `${base}/summary`),

  chats: (view: ChatListView, cursor?: string) =>
    request<Page<ChatView>>("GET", `${base}/chats${query({ view, cursor, limit: view === "all" ? 50 : 200 })}`),
  chat: (id: string) => request<ChatView>("GET", chatPath(id)),
  messages: (id: string, page: { before?: number; after?: number; limit?: number }) =>
    request<Page<Message>>("GET", `${chatPath(id)}/messages${query(page)}`),
  send: (id: string, clientId: string, text: string) =>
    request<Message>("POST", `${chatPath(id)}/messages`, { body: { client_id: clientId, text } }),
  addNote: (id: string, clientId: string, text: string) =>
    request<Message>("POST", `${chatPath(id)}/notes`, { body: { client_id: clientId, text } }),
  markRead: (id: string, seq: number) => request<void>("POST", `${chatPath(id)}/read`, { body: { seq } }),

  accept: (id: string) => command(id, "accept"),
  decline: (id: string) => command(id, "decline"),
  transfer: (id: string, to: Transfer) => command(id, "transfer", to),
  requeue: (id: string, note: string) => command(id, "requeue", note === "" ? {} : { note }),
  take: (id: string) => command(id, "take"),
  join: (id: string) => command(id, "join"),
  leave: (id: string) => command(id, "leave"),
  hold: (id: string, seconds?: number) => command(id, "hold", seconds === undefined ? {} : { seconds }),
  resume: (id: string) => command(id, "resume"),
  nextStep: (id: string) => command(id, "next-step"),
  dispose: (id: string, key: string, body: DisposeBody) =>
    request<ChatView>("POST", `${chatPath(id)}/dispose`, { body, idempotencyKey: key }),
  setDisposition: (id: string, body: { disposition_id: string; note: string }) =>
    request<ChatView>("PUT", `${chatPath(id)}/disposition`, { body }),
  routing: (id: string) => request<RoutingStory>("GET", `${chatPath(id)}/routing`),

  dispositions: (chatId: string) =>
    request<Page<Disposition>>("GET", `${base}/dispositions${query({ chat_id: chatId })}`),
  cannedReplies: () => request<Page<CannedReply>>("GET", `${base}/canned-replies`),
  customerChats: (customerId: string) => request<Page<ChatView>>("GET", `${customerPath(customerId)}/chats?limit=20`),
  sticky: (customerId: string) => request<Pairing | null>("GET", `${customerPath(customerId)}/sticky`),
  setSticky: (customerId: string, userId: string) =>
    request<Pairing>("PUT", `${customerPath(customerId)}/sticky`, { body: { user_id: userId } }),
  clearSticky: (customerId: string) => request<void>("DELETE", `${customerPath(customerId)}/sticky`),

  agents: () => request<Page<User>>("GET", `${base}/agents`),
  setAgentStatus: (userId: string, change: StatusChange) =>
    request<User>("PUT", `${base}/agents/${encodeURIComponent(userId)}/status`, { body: change }),
  queues: () => request<Page<Queue>>("GET", `${base}/queues`),
  followUps: (cursor?: string) => request<Page<FollowUp>>("GET", `${base}/follow-ups${query({ open: true, cursor })}`),
  followUpDone: (id: string) => request<FollowUp>("POST", `${base}/follow-ups/${encodeURIComponent(id)}/done`),
};
