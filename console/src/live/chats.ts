// Hooks for lists of chats, one chat, and the customer's past.

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { api } from "../api/endpoints";
import type { ChatListView, ChatView } from "../api/types";
import { type ChatList, chatAfter, joinPages, listAfter } from "../state/chats";
import { keys } from "./cache";
import { useLive } from "./live";

/** A list of chats, kept by the stream. */
export function useChats(view: ChatListView, enabled: boolean) {
  const client = useQueryClient();
  const { log, user } = useLive();
  const [loadingMore, setLoadingMore] = useState(false);
  const query = useQuery({
    queryKey: keys.chats(view),
    enabled,
    queryFn: async () => {
      const mark = log.mark();
      let page: ChatList = await api.chats(view);
      // What was loaded by "show more" stays loaded.
      const before = client.getQueryData<ChatList>(keys.chats(view))?.items.length ?? 0;
      while (page.next !== "" && page.items.length < before) page = joinPages(page, await api.chats(view, page.next));
      return log.since(mark).reduce<ChatList>((list, event) => listAfter(list, view, event, user.id), page);
    },
  });
  const next = query.data?.next;
  const loadMore = useCallback(async () => {
    if (!next) return;
    setLoadingMore(true);
    try {
      const page = await api.chats(view, next);
      client.setQueryData<ChatList>(keys.chats(view), (list) => list && joinPages(list, page));
    } finally {
      setLoadingMore(false);
    }
  }, [client, view, next]);
  return { ...query, loadMore, loadingMore };
}

/** A chat as a list has it. */
function fromLists(client: QueryClient, id: string): ChatView | undefined {
  for (const view of ["mine", "waiting", "all"] as const) {
    const found = client.getQueryData<ChatList>(keys.chats(view))?.items.find((chat) => chat.id === id);
    if (found) return found;
  }
  return undefined;
}

/** A chat as far as this screen knows it. */
export function chatIn(client: QueryClient, id: string): ChatView | undefined {
  return client.getQueryData<ChatView>(keys.chat(id)) ?? fromLists(client, id);
}

/** One chat; shown at once from a list when one has it. */
export function useChat(id: string) {
  const client = useQueryClient();
  const { log } = useLive();
  return useQuery({
    queryKey: keys.chat(id),
    queryFn: async () => {
      const mark = log.mark();
      const chat = await api.chat(id);
      return log.since(mark).reduce<ChatView>(chatAfter, chat);
    },
    initialData: () => fromLists(client, id),
    // The list's copy is good enough to show and is checked at once.
    initialDataUpdatedAt: 0,
    staleTime: 0,
  });
}

export function useSummary() {
  return useQuery({ queryKey: keys.summary, queryFn: api.summary });
}

export function useCustomerChats(customerId: string) {
  return useQuery({
    queryKey: keys.history(customerId),
    queryFn: () => api.customerChats(customerId),
    staleTime: 10_000,
  });
}

const TRANSCRIPT_PAGE = 200;

/** All messages of an earlier chat. */
export function useTranscript(chatId: string) {
  return useQuery({
    queryKey: keys.transcript(chatId),
    queryFn: async () => {
      const page = await api.messages(chatId, { limit: TRANSCRIPT_PAGE });
      return { items: page.items, hasOlder: page.items.length >= TRANSCRIPT_PAGE };
    },
    staleTime: 60_000,
  });
}

export function useDispositions(chatId: string, enabled: boolean) {
  return useQuery({
    queryKey: keys.dispositions(chatId),
    enabled,
    staleTime: 60_000,
    queryFn: async () => {
      const page = await api.dispositions(chatId);
      return page.items.filter((item) => !item.disabled).sort((a, b) => a.position - b.position);
    },
  });
}

export function useCannedReplies() {
  return useQuery({
    queryKey: keys.canned,
    staleTime: 5 * 60_000,
    queryFn: async () => (await api.cannedReplies()).items,
  });
}
