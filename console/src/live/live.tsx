// The live part of the console: one event stream feeds the cache, the alerts and the banner.

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import type { StreamEvent } from "../api/events";
import { EventStream, type StreamState } from "../api/stream";
import type { ChatView, User } from "../api/types";
import type { ChatList } from "../state/chats";
import { type Alert, alertFor, type Toast, withAlert, withNotice, withoutChat, withoutKey } from "../state/notify";
import { texts } from "../texts";
import { applyEvent, EventLog, keys } from "./cache";
import { chatIn } from "./chats";
import { hasAttention, useAttention } from "./hooks";
import { armSound, desktop, notify, sound } from "./noise";
import { navigate, useRoute } from "./route";
import { Tabs } from "./tabs";

export interface Live {
  user: User;
  state: StreamState | "catchingUp";
  log: EventLog;
  toasts: readonly Toast[];
  /** Takes a pop-up away. */
  dismiss(key: string): void;
  /** Takes all pop-ups of a chat away: it is read. */
  dismissChat(chatId: string): void;
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

const NUMBERS_DELAY_MS = 600;
const NUMBERS_EVERY_MS = 30_000;

const REFETCHED = new Set("me summary chats chat thread history routing sticky agents follow-ups".split(" "));

/** Everything that may have changed unseen. */
function refetchAll(client: QueryClient): Promise<void> {
  return client.invalidateQueries({
    predicate: (query) => REFETCHED.has(String(query.queryKey[0])),
  });
}

interface Numbers {
  /** Who waits has changed; `mine` when my own slots may have, too. */
  changed(mine: boolean): void;
}

/** Asks again soon for what events don't carry, once for a burst of them: who waits in which place, how full I am. */
function useNumbers(client: QueryClient): Numbers {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const meToo = useRef(false);
  const changed = useCallback(
    (mine: boolean) => {
      meToo.current ||= mine;
      // A timer that runs isn't put off: under steady traffic it would never come to its end.
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        void client.invalidateQueries({ queryKey: keys.summary });
        // Only while it is on screen is the line fetched again.
        void client.invalidateQueries({ queryKey: keys.chats("waiting") });
        if (meToo.current) void client.invalidateQueries({ queryKey: keys.me });
        meToo.current = false;
      }, NUMBERS_DELAY_MS);
    },
    [client],
  );
  useEffect(() => {
    const every = setInterval(() => changed(true), NUMBERS_EVERY_MS);
    return () => {
      clearInterval(every);
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, [changed]);
  return useMemo(() => ({ changed }), [changed]);
}

function changesQueue(event: StreamEvent): boolean {
  if (event.type === "waiting.changed") return event.waiting === undefined;
  return event.type.startsWith("chat.");
}

/** Tells whether the event may change how many of my slots are taken. */
function isMine(event: StreamEvent, known: ChatView | undefined, me: string): boolean {
  if (known) return true;
  if (!("chat" in event) || !event.chat) return false;
  return event.chat.owner?.id === me || event.chat.offer?.agent.id === me;
}

function knownChat(client: QueryClient, event: StreamEvent): ChatView | undefined {
  const id = "message" in event ? event.message.chat_id : "chat" in event ? event.chat.id : undefined;
  return client.getQueryData<ChatList>(keys.chats("mine"))?.items.find((chat) => chat.id === id);
}

function useAlerts(client: QueryClient, user: User, tabs: React.RefObject<Tabs | undefined>) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const dismiss = useCallback((key: string) => setToasts((all) => withoutKey(all, key)), []);
  const dismissChat = useCallback((chatId: string) => setToasts((all) => withoutChat(all, chatId)), []);
  const open = useCallback(
    (chatId: string) => {
      dismissChat(chatId);
      navigate({ chatId, view: "mine" });
    },
    [dismissChat],
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
  const notice = useCallback(
    (text: string, chatId: string | undefined) => {
      const name = chatId === undefined ? undefined : chatIn(client, chatId)?.customer.name;
      setToasts((all) => withNotice(all, { chatId, name, text, at: Date.now() }));
      if (tabs.current?.isLeader()) {
        sound("message", Date.now());
        notify(name ?? texts.toast.notice, text, chatId ?? text, () => chatId && open(chatId));
      }
    },
    [client, tabs, open],
  );
  const onEvent = useCallback(
    (event: StreamEvent, known: ChatView | undefined) => {
      const alert = alertFor(event, user.id, known);
      if (alert) raise(alert);
      if (event.type === "notice") notice(event.text, event.chatId);
      // Answered, or no longer mine: what its reminders asked for is done.
      const gone = known?.owner?.id === user.id && "chat" in event && event.chat && event.chat.owner?.id !== user.id;
      if (gone) dismissChat(known.id);
      if (event.type === "message.created" && event.message.side === "agent") dismissChat(event.message.chat_id);
      // Read, answered or finished elsewhere: its pop-up has nothing left to say.
      if (event.type.startsWith("chat.") && "chat" in event && event.chat) {
        const { chat } = event;
        if (chat.phase === "closed" || chat.owner?.id !== user.id || (chat.unread === 0 && !alert)) dismiss(chat.id);
      }
    },
    [user.id, raise, notice, dismiss, dismissChat],
  );
  return { toasts, dismiss, dismissChat, open, onEvent };
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
  const { page, chatId: routed } = useRoute();
  const chatId = page === "chats" ? routed : undefined;
  const attention = useAttention();
  const [state, setState] = useState<Live["state"]>("connecting");
  const log = useMemo(() => new EventLog(), []);
  const stream = useRef<EventStream>(undefined);
  const tabs = useTabs(user);
  const { toasts, dismiss, dismissChat, open, onEvent } = useAlerts(client, user, tabs);
  const numbers = useNumbers(client);

  useEffect(() => armSound(), []);

  useEffect(() => {
    const opened = new EventStream({
      onEvent(event) {
        const known = knownChat(client, event);
        log.add(event);
        applyEvent(client, event, user.id);
        onEvent(event, known);
        if (changesQueue(event)) numbers.changed(isMine(event, known, user.id));
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
  }, [client, log, user.id, onEvent, numbers]);

  useEffect(() => {
    stream.current?.watch(chatId);
    tabs.current?.show(attention ? chatId : undefined, document.visibilityState === "visible");
    if (chatId && hasAttention()) dismissChat(chatId);
  }, [chatId, attention, dismissChat, tabs]);

  const live = useMemo<Live>(
    () => ({ user, state, log, toasts, dismiss, dismissChat, open, reconnect: () => stream.current?.retryNow() }),
    [user, state, log, toasts, dismiss, dismissChat, open],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}
