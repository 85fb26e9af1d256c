// The keys that work everywhere in the console.

import { type RefObject, useEffect, useRef } from "react";

export interface Keys {
  move(step: 1 | -1): void;
  help(): void;
  accept(): void;
  decline(): void;
  composer: RefObject<HTMLTextAreaElement | null>;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable], [role=menu]") !== null
  );
}

/** Tells whether a person is in the middle of a dialog. */
export const dialogIsOpen = () => document.querySelector("[role=dialog][data-open]") !== null;

const ANSWERS: ReadonlySet<string> = new Set(["KeyY", "KeyN"]);

const press = (selector: string) => document.querySelector<HTMLButtonElement>(selector)?.click();

/** The work of an Alt key, by the key's place: on some keyboards Alt with a letter types a sign. */
function altAction(code: string, keys: Keys): (() => void) | undefined {
  switch (code) {
    case "ArrowDown":
      return () => keys.move(1);
    case "ArrowUp":
      return () => keys.move(-1);
    case "KeyD":
      return () => press(".dispose");
    case "KeyT":
      return () => press("[data-action=transfer]");
    case "KeyH":
      return () => press("[data-action=hold]");
    case "KeyY":
      return () => keys.accept();
    case "KeyN":
      return () => keys.decline();
    default:
      return undefined;
  }
}

/** Listens for the shortcuts while the console is shown. */
export function useShortcuts(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // An offer can't wait until a dialog is done; everything else can.
      if (event.defaultPrevented || (dialogIsOpen() && !(event.altKey && ANSWERS.has(event.code)))) return;
      if (event.altKey && !event.ctrlKey && !event.metaKey) {
        const act = altAction(event.code, latest.current);
        if (!act) return;
        event.preventDefault();
        act();
        return;
      }
      if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      if (event.key === "?") latest.current.help();
      if (event.key === "c") {
        event.preventDefault();
        latest.current.composer.current?.focus();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
