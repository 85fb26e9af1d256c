// What this browser keeps: drafts, messages that were never sent, and a person's choices. A browser that refuses
// storage loses only these, so every access is guarded.

import type { Pending } from "../state/thread";

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Full or forbidden: the page works on without keeping it.
  }
}

const draftKey = (user: string, chat: string) => `tandem.draft.${user}.${chat}`;
const unsentKey = (user: string, chat: string) => `tandem.unsent.${user}.${chat}`;

export const drafts = {
  get: (user: string, chat: string) => read(draftKey(user, chat)) ?? "",
  set: (user: string, chat: string, text: string) => write(draftKey(user, chat), text === "" ? null : text),
};

function isPending(value: unknown): value is Pending {
  if (typeof value !== "object" || value === null) return false;
  const item = value as Partial<Pending>;
  return typeof item.clientId === "string" && typeof item.text === "string" && typeof item.createdAt === "string";
}

export const unsent = {
  get(user: string, chat: string): Pending[] {
    try {
      const items: unknown = JSON.parse(read(unsentKey(user, chat)) ?? "[]");
      return Array.isArray(items) ? items.filter(isPending) : [];
    } catch {
      return [];
    }
  },
  /** Keeps those that failed: one still on its way is confirmed by its event or fails later. */
  set(user: string, chat: string, pending: readonly Pending[]): void {
    const failed = pending.filter((item) => item.error !== undefined);
    write(unsentKey(user, chat), failed.length === 0 ? null : JSON.stringify(failed));
  },
};

export type Preference = "theme" | "sound" | "desktop" | "panel";

const prefKey = (name: Preference) => `tandem.${name}`;
const changed = new EventTarget();

export const preferences = {
  get: (name: Preference, fallback: string) => read(prefKey(name)) ?? fallback,
  set(name: Preference, value: string): void {
    write(prefKey(name), value);
    changed.dispatchEvent(new Event("change"));
  },
  /** Calls back on a change in this tab or another; gives the function that ends it. */
  subscribe(listener: () => void): () => void {
    changed.addEventListener("change", listener);
    window.addEventListener("storage", listener);
    return () => {
      changed.removeEventListener("change", listener);
      window.removeEventListener("storage", listener);
    };
  },
};
