// The live part of the console: one event stream feeds the cache, the alerts and the banner.

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import type { StreamEvent } from "../api/events";
import { EventStream, type StreamState } from "../api/stream";
import type { ChatView, User } from "../api/types";
import type { ChatList } from "../state/chats";
import { type Alert, alertFor, type Toast, withAlert, withoutChat } from "../state/notify";
import { applyEvent, EventLog, keys } from "./cache";
import { hasAttention, useAttention } from "./hooks";
import { armSound, desktop, sound } from "./noise";
import { navigate, useRoute } from "./route";
import { Tabs } from "./tabs";

export interface Live {
  user: User;
  state: StreamState | "catchingUp";
  log: EventLog;
  toasts: readonly Toast[];
  dismiss(chatId: string): void;
  open(chatId: string): void;
  reconnect(): void;
}

const LiveContext = createContext<Live | undefined>(undefined);

/** The live part; only inside LiveProvider. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("useLive needs LiveProvider");
  return live;
}

const SUMMARY_DELAY_MS = 400;
const SUMMARY_EVERY_MS = 30_000;

/** Everything that may have changed unseen. */
function refetchAll(client: QueryClient): Promise<void> {
  return client.invalidateQueries({
    predicate: (query) => ["me", "summary", "chats", "chat", "thread", "history"].includes(String(query.queryKey[0])),
  });
}

/** Asks for the top bar's numbers again soon, once for a burst of events. */
function useSummaryRefresh(client: QueryClient): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const refresh = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void client.invalidateQueries({ queryKey: keys.summary }), SUMMARY_DELAY_MS);
  }, [client]);
  useEffect(() => {
    const every = setInterval(refresh, SUMMARY_EVERY_MS);
    return () => {
      clearInterval(every);
      clearTimeout(timer.current);
    };
  }, [refresh]);
  return refresh;
}

function changesQueue(event: StreamEvent): boolean {
  if (event.type === "waiting.changed") return event.waiting === undefined;
  return event.type === "chat.queued" || event.type === "chat.assigned" || event.type === "chat.closed";
}

function knownChat(client: QueryClient, event: StreamEvent): ChatView | undefined {
  const id = "message" in event ? event.message.chat_id : "chat" in event ? event.chat.id : undefined;
  return client.getQueryData<ChatList>(keys.chats("mine"))?.items.find((chat) => chat.id === id);
}

function useAlerts(user: User, tabs: React.RefObject<Tabs | undefined>) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const dismiss = useCallback((chatId: string) => setToasts((all) => withoutChat(all, chatId)), []);
  const open = useCallback(
    (chatId: string) => {
      dismiss(chatId);
      navigate({ chatId, view: "mine" });
    },
    [dismiss],
  );
  const raise = useCallback(
    (alert: Alert) => {
      const leader = tabs.current?.isLeader() ?? false;
      if (tabs.current?.seesChat(alert.chatId)) return;
      const now = Date.now();
      if (leader || document.visibilityState === "visible") setToasts((all) => withAlert(all, alert, now));
      if (!leader) return;
      sound(alert.kind, now);
      desktop(alert, () => open(alert.chatId));
    },
    [tabs, open],
  );
  const onEvent = useCallback(
    (event: StreamEvent, known: ChatView | undefined) => {
      const alert = alertFor(event, user.id, known);
      if (alert) raise(alert);
      // Read, answered or finished elsewhere: its pop-up has nothing left to say.
      if (event.type.startsWith("chat.") && "chat" in event && event.chat) {
        const { chat } = event;
        if (chat.phase === "closed" || chat.owner?.id !== user.id || (chat.unread === 0 && !alert)) dismiss(chat.id);
      }
    },
    [user.id, raise, dismiss],
  );
  return { toasts, dismiss, open, onEvent };
}

function useTabs(user: User) {
  const tabs = useRef<Tabs>(undefined);
  useEffect(() => {
    const opened = new Tabs(user.id);
    tabs.current = opened;
    return () => {
      opened.close();
      tabs.current = undefined;
    };
  }, [user.id]);
  return tabs;
}

export function LiveProvider({ user, children }: { user: User; children: ReactNode }) {
  const client = useQueryClient();
  const { chatId } = useRoute();
  const attention = useAttention();
  const [state, setState] = useState<Live["state"]>("connecting");
  const log = useMemo(() => new EventLog(), []);
  const stream = useRef<EventStream>(undefined);
  const tabs = useTabs(user);
  const { toasts, dismiss, open, onEvent } = useAlerts(user, tabs);
  const refreshSummary = useSummaryRefresh(client);

  useEffect(() => armSound(), []);

  useEffect(() => {
    const opened = new EventStream({
      onEvent(event) {
        const known = knownChat(client, event);
        log.add(event);
        applyEvent(client, event, user.id);
        onEvent(event, known);
        if (changesQueue(event)) refreshSummary();
      },
      onState: setState,
      onHello(resumed) {
        if (resumed) setState("catchingUp");
        // The first hello too: something may have happened between the first fetch and the stream's start.
        void refetchAll(client).finally(() => setState((now) => (now === "catchingUp" ? "live" : now)));
      },
      onResync() {
        setState("catchingUp");
        void refetchAll(client).finally(() => setState((now) => (now === "catchingUp" ? "live" : now)));
      },
      // A refused socket doesn't say why; this request does: 401 leads to the sign-in page.
      onRefused: () => void client.invalidateQueries({ queryKey: keys.me }),
    });
    stream.current = opened;
    opened.start();
    return () => {
      opened.stop();
      stream.current = undefined;
    };
  }, [client, log, user.id, onEvent, refreshSummary]);

  useEffect(() => {
    stream.current?.watch(chatId);
    tabs.current?.show(attention ? chatId : undefined, document.visibilityState === "visible");
    if (chatId && hasAttention()) dismiss(chatId);
  }, [chatId, attention, dismiss, tabs]);

  const live = useMemo<Live>(
    () => ({ user, state, log, toasts, dismiss, open, reconnect: () => stream.current?.retryNow() }),
    [user, state, log, toasts, dismiss, open],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}
