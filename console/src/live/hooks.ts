// Small hooks that bind the browser's own state to React.

import { useSyncExternalStore } from "react";
import { serverNow } from "../state/clock";
import { type Preference, preferences } from "./storage";

const tickers = new Set<() => void>();
let tick = Math.floor(serverNow() / 1000) * 1000;
let timer: ReturnType<typeof setInterval> | undefined;

function subscribeTick(listener: () => void): () => void {
  tickers.add(listener);
  timer ??= setInterval(() => {
    tick = serverNow();
    for (const each of tickers) each();
  }, 1000);
  return () => {
    tickers.delete(listener);
    if (tickers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/**
 * The server's time (ms), renewed each second, or each `every` ms for what shows no seconds; all who use it tick
 * together.
 */
export function useNow(every = 1000): number {
  return useSyncExternalStore(subscribeTick, () => (every <= 1000 ? tick : Math.floor(tick / every) * every));
}

/** A choice of this person in this browser, in step over all tabs. */
export function usePreference(name: Preference, fallback: string): [string, (value: string) => void] {
  const value = useSyncExternalStore(preferences.subscribe, () => preferences.get(name, fallback));
  return [value, (next) => preferences.set(name, next)];
}

function subscribeAttention(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  window.addEventListener("focus", listener);
  window.addEventListener("blur", listener);
  return () => {
    document.removeEventListener("visibilitychange", listener);
    window.removeEventListener("focus", listener);
    window.removeEventListener("blur", listener);
  };
}

/** Tells whether a person looks at this tab now. */
export function hasAttention(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** hasAttention, as it changes. */
export function useAttention(): boolean {
  return useSyncExternalStore(subscribeAttention, hasAttention);
}

/** Tells whether a media query holds, as it changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => window.matchMedia(query).matches,
  );
}

/** Whether the tab can be seen, looked at or not. */
export function useVisible(): boolean {
  return useSyncExternalStore(subscribeAttention, () => document.visibilityState === "visible");
}
