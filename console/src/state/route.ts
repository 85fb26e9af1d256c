// Places in the console and their addresses.

import type { ChatListView } from "../api/types";

/** The pages of the console. */
export type PageName = "chats" | "board" | "settings";

export interface Route {
  page: PageName;
  chatId: string | undefined;
  view: ChatListView;
  /** What follows /settings/ in the address, without slashes at its ends: "queues", "queues/<id>". Empty at the top. */
  settings: string;
}

/** The route an address means. Anything unknown is the page of chats. */
export function parseRoute(path: string, search: string): Route {
  const chat = /^\/chats\/([^/]+)\/?$/.exec(path)?.[1];
  const settings = /^\/settings(?:\/(.*?))?\/*$/.exec(path);
  const view = new URLSearchParams(search).get("view");
  return {
    page: settings ? "settings" : /^\/board\/?$/.test(path) ? "board" : "chats",
    chatId: chat === undefined ? undefined : decodeURIComponent(chat),
    view: view === "waiting" || view === "all" ? view : "mine",
    settings: settings?.[1] ?? "",
  };
}

/** The address of a place in the console. */
export function pathOf(route: Partial<Route>): string {
  if (route.page === "board") return "/board";
  if (route.page === "settings") return route.settings ? `/settings/${route.settings}` : "/settings";
  const path = route.chatId === undefined ? "/" : `/chats/${encodeURIComponent(route.chatId)}`;
  return route.view === undefined || route.view === "mine" ? path : `${path}?view=${route.view}`;
}
