import { type RefObject, useCallback, useEffect, useReducer, useRef } from "react";
import { changeDraft, type Draft, isChanged, rebaseDraft, resetDraft, startDraft, undoDraft } from "./draft";

type Move<T> =
  | { kind: "change"; to: (now: T) => T; at: number }
  | { kind: "undo" }
  | { kind: "reset" }
  | { kind: "rebase"; saved: T }
  | { kind: "start"; saved: T };

function reduce<T>(draft: Draft<T>, move: Move<T>): Draft<T> {
  switch (move.kind) {
    case "change":
      return changeDraft(draft, move.to(draft.value), move.at);
    case "undo":
      return undoDraft(draft);
    case "reset":
      return resetDraft(draft);
    case "rebase":
      return rebaseDraft(draft, move.saved);
    case "start":
      return startDraft(move.saved);
  }
}

export interface Editing<T> {
  value: T;
  saved: T;
  changed: boolean;
  canUndo: boolean;
  change(to: (now: T) => T): void;
  undo(): void;
  /** Back to what is saved. */
  reset(): void;
  /** Takes what was just saved as the new ground. */
  settle(saved: T): void;
  /** Drops what was changed for what the server has. */
  start(saved: T): void;
}

/** An edited copy of what the server has. News from the server never takes away what was changed here. */
export function useDraft<T>(server: T): Editing<T> {
  const [draft, dispatch] = useReducer(reduce<T>, server, startDraft<T>);
  useEffect(() => dispatch({ kind: "rebase", saved: server }), [server]);
  const change = useCallback((to: (now: T) => T) => dispatch({ kind: "change", to, at: Date.now() }), []);
  const undo = useCallback(() => dispatch({ kind: "undo" }), []);
  const reset = useCallback(() => dispatch({ kind: "reset" }), []);
  const settle = useCallback((saved: T) => dispatch({ kind: "rebase", saved }), []);
  const start = useCallback((saved: T) => dispatch({ kind: "start", saved }), []);
  return {
    value: draft.value,
    saved: draft.saved,
    changed: isChanged(draft),
    canUndo: draft.past.length > 0,
    change,
    undo,
    reset,
    settle,
    start,
  };
}

/**
 * The version a form was filled from. While the form is changed it stays, whatever is fetched meanwhile: what somebody
 * else has saved since must not be overwritten unseen.
 */
export function useBaseVersion(newest: number, changed: boolean): RefObject<number> {
  const base = useRef(newest);
  useEffect(() => {
    if (!changed) base.current = newest;
  }, [newest, changed]);
  return base;
}
