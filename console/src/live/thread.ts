// The hook for the messages of one chat: loading, sending, reading.

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import { api } from "../api/endpoints";
import type { ChatView } from "../api/types";
import { serverNow } from "../state/clock";
import { randomId } from "../state/ids";
import {
  emptyThread,
  newestSeq,
  type Pending,
  type Thread,
  withFailure,
  withMessage,
  withNewestPage,
  withOlderPage,
  withoutPending,
  withPending,
} from "../state/thread";
import { keys, patchChat } from "./cache";
import { useAttention } from "./hooks";
import { useLive } from "./live";
import { unsent } from "./storage";

const PAGE = 50;

// Messages of one chat leave one after the other: two quick ones must not overtake each other on the way.
const lines = new Map<string, Promise<void>>();

function inLine(chatId: string, work: () => Promise<void>): void {
  const before = lines.get(chatId) ?? Promise.resolve();
  const next = before.then(work);
  lines.set(chatId, next);
  void next.finally(() => {
    if (lines.get(chatId) === next) lines.delete(chatId);
  });
}

function change(client: QueryClient, user: string, chatId: string, to: (thread: Thread) => Thread): void {
  const thread = client.setQueryData<Thread>(keys.thread(chatId), (known) => to(known ?? emptyThread));
  if (thread) unsent.set(user, chatId, thread.pending);
}

async function deliver(client: QueryClient, user: string, chatId: string, pending: Pending): Promise<void> {
  const send = pending.note ? api.addNote : api.send;
  try {
    const message = await send(chatId, pending.clientId, pending.text);
    change(client, user, chatId, (thread) => withMessage(thread, message));
  } catch (cause) {
    const reason = cause instanceof Problem ? cause.message : String(cause);
    change(client, user, chatId, (thread) => withFailure(thread, pending.clientId, reason));
    // Refused for what the chat is now: show what it is.
    if (cause instanceof Problem && !cause.temporary) void client.invalidateQueries({ queryKey: keys.chat(chatId) });
  }
}

/** The messages of a chat, and what can be done with them. */
export function useThread(chatId: string) {
  const client = useQueryClient();
  const { log, user } = useLive();
  const query = useQuery({
    queryKey: keys.thread(chatId),
    staleTime: 0,
    queryFn: async () => {
      const mark = log.mark();
      const page = await api.messages(chatId, { limit: PAGE });
      const known = client.getQueryData<Thread>(keys.thread(chatId)) ?? {
        ...emptyThread,
        pending: unsent.get(user.id, chatId),
      };
      let thread = withNewestPage(known, page, PAGE);
      for (const event of log.since(mark)) {
        if ("message" in event && event.message.chat_id === chatId) thread = withMessage(thread, event.message);
      }
      return thread;
    },
  });

  const put = useCallback(
    (pending: Pending) => {
      change(client, user.id, chatId, (thread) => withPending(thread, pending));
      inLine(chatId, () => deliver(client, user.id, chatId, pending));
    },
    [client, user.id, chatId],
  );
  const send = useCallback(
    (text: string, note: boolean) =>
      put({ clientId: randomId(), text, note, createdAt: new Date(serverNow()).toISOString() }),
    [put],
  );
  const retry = useCallback(({ error: _, ...pending }: Pending) => put(pending), [put]);
  const discard = useCallback(
    (clientId: string) => change(client, user.id, chatId, (thread) => withoutPending(thread, clientId)),
    [client, user.id, chatId],
  );
  return { ...query, ...useOlder(chatId, query.data), send, retry, discard };
}

function useOlder(chatId: string, thread: Thread | undefined) {
  const client = useQueryClient();
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  const busy = useRef(false);
  const first = thread?.items[0]?.seq;
  const hasOlder = thread?.hasOlder ?? false;
  const loadOlder = useCallback(async () => {
    if (busy.current || !hasOlder || first === undefined) return;
    busy.current = true;
    setState("loading");
    try {
      const page = await api.messages(chatId, { before: first, limit: PAGE });
      client.setQueryData<Thread>(keys.thread(chatId), (known) => known && withOlderPage(known, page, PAGE));
      setState("idle");
    } catch {
      setState("failed");
    } finally {
      busy.current = false;
    }
  }, [client, chatId, hasOlder, first]);
  return { loadOlder, olderState: state };
}

/** Marks my chat as read while a person looks at its newest message. */
export function useMarkRead(chat: ChatView | undefined, thread: Thread | undefined, atEnd: boolean): void {
  const client = useQueryClient();
  const { user } = useLive();
  const attention = useAttention();
  const asked = useRef(0);
  const seq = thread ? newestSeq(thread) : 0;
  const id = chat?.id;
  const mine = chat?.owner?.id === user.id && chat.phase !== "closed";
  const behind = chat !== undefined && seq > chat.read_seq && chat.unread > 0;

  useEffect(() => {
    if (!id || !mine || !behind || !attention || !atEnd || asked.current === seq) return;
    asked.current = seq;
    patchChat(client, id, (known) => ({ ...known, unread: 0, read_seq: Math.max(known.read_seq, seq) }));
    api.markRead(id, seq).catch(() => {
      // What the server has is shown again; the next look at the chat tries once more.
      asked.current = 0;
      void client.invalidateQueries({ queryKey: keys.lists });
    });
  }, [client, id, mine, behind, attention, atEnd, seq]);
}
