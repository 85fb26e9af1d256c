// What is being edited: the saved value, the changed one, and the way back.

import { differsOnlyAt, same } from "./errors";

export interface Draft<T> {
  saved: T;
  value: T;
  /** Earlier values, oldest first. */
  past: readonly T[];
  /** When (ms) and at which field the value was last changed, to undo a run of typing at once. */
  changedAt: number;
  changedField: string | undefined;
}

const RUN_MS = 900;
const DEEPEST = 100;

export function startDraft<T>(saved: T): Draft<T> {
  return { saved, value: saved, past: [], changedAt: 0, changedField: undefined };
}

/** Takes a new value. Changes of one field in quick succession are one step of undo. */
export function changeDraft<T>(draft: Draft<T>, value: T, at: number): Draft<T> {
  if (same(value, draft.value)) return draft;
  const changedField = differsOnlyAt(draft.value, value);
  const typing = changedField !== undefined && changedField === draft.changedField && at - draft.changedAt < RUN_MS;
  return {
    saved: draft.saved,
    value,
    past: typing ? draft.past : [...draft.past, draft.value].slice(-DEEPEST),
    changedAt: at,
    changedField,
  };
}

/** Takes back the last step. */
export function undoDraft<T>(draft: Draft<T>): Draft<T> {
  const before = draft.past.at(-1);
  if (before === undefined) return draft;
  return { saved: draft.saved, value: before, past: draft.past.slice(0, -1), changedAt: 0, changedField: undefined };
}

/** Back to what is saved; one undo brings the changes back. */
export function resetDraft<T>(draft: Draft<T>): Draft<T> {
  if (same(draft.value, draft.saved)) return draft;
  return {
    saved: draft.saved,
    value: draft.saved,
    past: [...draft.past, draft.value],
    changedAt: 0,
    changedField: undefined,
  };
}

/** Takes what the server has by now. What was changed here stays. */
export function rebaseDraft<T>(draft: Draft<T>, saved: T): Draft<T> {
  const clean = same(draft.value, draft.saved);
  return clean ? startDraft(saved) : { ...draft, saved };
}

export function isChanged<T>(draft: Draft<T>): boolean {
  return !same(draft.value, draft.saved);
}
