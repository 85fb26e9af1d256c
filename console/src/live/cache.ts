// The query cache as the event stream keeps it: which keys there are, and what an event changes.

import { QueryClient } from "@tanstack/react-query";
import { Problem } from "../api/client";
import type { StreamEvent } from "../api/events";
import type { ChatListView, ChatView, Me, Page, Summary, User } from "../api/types";
import { type ChatList, chatAfter, listAfter } from "../state/chats";
import { type Thread, withMessage } from "../state/thread";

export const keys = {
  me: ["me"] as const,
  summary: ["summary"] as const,
  lists: ["chats"] as const,
  chats: (view: ChatListView) => ["chats", view] as const,
  chat: (id: string) => ["chat", id] as const,
  threads: ["thread"] as const,
  thread: (id: string) => ["thread", id] as const,
  history: (customerId: string) => ["history", customerId] as const,
  transcript: (chatId: string) => ["transcript", chatId] as const,
  dispositions: (chatId: string) => ["dispositions", chatId] as const,
  canned: ["canned"] as const,
  routing: (chatId: string) => ["routing", chatId] as const,
  sticky: (customerId: string) => ["sticky", customerId] as const,
  agents: ["agents"] as const,
  followUps: ["follow-ups"] as const,
  queues: ["settings", "queues"] as const,
};

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The stream keeps what is shown; a fetch repairs, so it runs when asked for and not by the clock.
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (failures, error) => failures < 2 && error instanceof Problem && error.temporary,
      },
    },
  });
}

/**
 * The latest events. A fetch that was under way while events came may answer with an older state than the screen
 * has; the events of that time are applied to its answer again.
 */
export class EventLog {
  private readonly kept: StreamEvent[] = [];
  private total = 0;
  private static readonly LIMIT = 2_000;

  add(event: StreamEvent): void {
    this.kept.push(event);
    this.total += 1;
    if (this.kept.length > EventLog.LIMIT) this.kept.shift();
  }

  /** A point in time to ask `since` with. */
  mark(): number {
    return this.total;
  }

  since(mark: number): readonly StreamEvent[] {
    return this.kept.slice(Math.max(0, this.kept.length - (this.total - mark)));
  }
}

const VIEWS: readonly ChatListView[] = ["mine", "waiting", "all"];

/** Changes everything in the cache that the event speaks of. */
export function applyEvent(client: QueryClient, event: StreamEvent, me: string): void {
  for (const view of VIEWS) {
    client.setQueryData<ChatList>(keys.chats(view), (list) => list && listAfter(list, view, event, me));
  }
  const chatId = "message" in event ? event.message.chat_id : "chat" in event ? event.chat.id : undefined;
  if (chatId) {
    client.setQueryData<ChatView>(keys.chat(chatId), (chat) => chat && chatAfter(chat, event));
    // Only a story that is on screen is fetched again.
    if ("chat" in event && event.type.startsWith("chat.")) {
      void client.invalidateQueries({ queryKey: keys.routing(chatId) });
    }
  }
  if (event.type === "message.created" || event.type === "message.updated") {
    const { message } = event;
    client.setQueryData<Thread>(keys.thread(message.chat_id), (thread) => thread && withMessage(thread, message));
  }
  if (event.type === "agent.status") setUser(client, event.user);
  if (event.type === "waiting.changed" && event.waiting !== undefined) setWaiting(client, event);
}

function setWaiting(client: QueryClient, event: StreamEvent & { type: "waiting.changed" }): void {
  client.setQueryData<Summary>(keys.summary, (summary) => {
    if (!summary || event.waiting === undefined) return summary;
    const { longest_waiting_since: _, ...rest } = summary;
    return {
      ...rest,
      waiting: event.waiting,
      ...(event.longestWaitingSince ? { longest_waiting_since: event.longestWaitingSince } : {}),
    };
  });
}

/** Takes news of a user: among the agents, and as me when it is. */
export function setUser(client: QueryClient, user: User): void {
  client.setQueryData<Page<User>>(keys.agents, (page) => {
    if (!page?.items.some((agent) => agent.id === user.id)) return page;
    return { ...page, items: page.items.map((agent) => (agent.id === user.id ? user : agent)) };
  });
  client.setQueryData<Me | null>(keys.me, (me) => {
    if (me?.user.id !== user.id) return me;
    return { ...me, user };
  });
}

/** Changes a chat wherever it is cached. */
export function patchChat(client: QueryClient, id: string, patch: (chat: ChatView) => ChatView): void {
  client.setQueryData<ChatView>(keys.chat(id), (chat) => chat && patch(chat));
  for (const view of VIEWS) {
    client.setQueryData<ChatList>(
      keys.chats(view),
      (list) => list && { ...list, items: list.items.map((chat) => (chat.id === id ? patch(chat) : chat)) },
    );
  }
}
