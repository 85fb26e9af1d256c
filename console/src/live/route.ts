// Where the console is: the chat and the list are in the address, so that reload, back and a second tab work.

import { useSyncExternalStore } from "react";
import type { ChatListView } from "../api/types";

export interface Route {
  chatId: string | undefined;
  view: ChatListView;
}

const listeners = new Set<() => void>();

function parse(path: string, search: string): Route {
  const chat = /^\/chats\/([^/]+)\/?$/.exec(path)?.[1];
  const view = new URLSearchParams(search).get("view");
  return {
    chatId: chat === undefined ? undefined : decodeURIComponent(chat),
    view: view === "waiting" || view === "all" ? view : "mine",
  };
}

let current = parse(location.pathname, location.search);

window.addEventListener("popstate", () => {
  current = parse(location.pathname, location.search);
  for (const listener of listeners) listener();
});

/** The address of a chat in a list. */
export function pathOf(route: Route): string {
  const path = route.chatId === undefined ? "/" : `/chats/${encodeURIComponent(route.chatId)}`;
  return route.view === "mine" ? path : `${path}?view=${route.view}`;
}

/** Goes somewhere; `replace` leaves no step back. */
export function navigate(change: Partial<Route>, replace = false): void {
  const next = { ...current, ...change };
  const path = pathOf(next);
  if (path === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  current = next;
  for (const listener of listeners) listener();
}

export function useRoute(): Route {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
