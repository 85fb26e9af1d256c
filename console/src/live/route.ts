// Where the console is: the page, the chat and the list are in the address, so that reload, back and a second tab work.

import { type MouseEvent, useSyncExternalStore } from "react";
import { parseRoute, pathOf, type Route } from "../state/route";

export { type PageName, pathOf, type Route } from "../state/route";

const listeners = new Set<() => void>();

let current = parseRoute(location.pathname, location.search);
let guard: Guard | undefined;
// Set while a guarded step back is taken after all.
let agreed = false;

/**
 * Asked before the place is left for `next`: false keeps the person here (a form with unsaved changes); `go` leaves
 * after all, once they have agreed.
 */
export type Guard = (next: Route, go: () => void) => boolean;

/** Sets the guard, one at a time; gives the function that removes it. */
export function guardRoute(next: Guard): () => void {
  guard = next;
  return () => {
    if (guard === next) guard = undefined;
  };
}

function arrive(next: Route): void {
  current = next;
  for (const listener of listeners) listener();
}

window.addEventListener("popstate", () => {
  const next = parseRoute(location.pathname, location.search);
  const back = () => {
    agreed = true;
    history.back();
  };
  if (guard && !agreed && !guard(next, back)) {
    history.pushState(null, "", pathOf(current));
    return;
  }
  agreed = false;
  arrive(next);
});

/** The route after a change: one that names a chat or a list leads to the page of chats. */
function after(change: Partial<Route>): Route {
  const toChats = change.page === undefined && ("chatId" in change || "view" in change);
  return { ...current, ...(toChats ? { page: "chats" as const } : {}), ...change };
}

/** Goes somewhere; `replace` leaves no step back. */
export function navigate(change: Partial<Route>, replace = false): void {
  const next = after(change);
  const path = pathOf(next);
  if (path === location.pathname + location.search) return;
  const go = () => {
    if (replace) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
    arrive(next);
  };
  if (!guard || guard(next, go)) go();
}

/** What an <a> needs to lead to a place of the console; with a modifier key the browser opens it elsewhere. */
export function linkTo(change: Partial<Route>) {
  return {
    href: pathOf(after(change)),
    onClick(event: MouseEvent) {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      navigate(change);
    },
  };
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
