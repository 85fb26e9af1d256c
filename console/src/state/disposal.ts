// What is written when a chat ends, and what is wrong with it before it is sent.

import type { Disposition } from "../api/types";
import { texts } from "../texts";
import { instantOf } from "./zone";

/** The longest note of a disposition, in characters. */
export const LONGEST_NOTE = 250;

/** What has been chosen and written so far. */
export interface DisposeDraft {
  chosen: string | undefined;
  note: string;
  /** A wall-clock time in `zone`: "2026-11-25T14:30"; empty while none is entered. */
  callback: string;
  zone: string;
  /** The reason of a break that begins when this chat is done; undefined when none does. */
  breakAfter: string | undefined;
}

export interface DraftProblem {
  field: "chosen" | "note" | "callback";
  text: string;
}

/** How many characters a person would count. */
export const lengthOf = (text: string) => [...text].length;

/** The first thing to mend in a draft; undefined when it can be sent. `now` in ms. */
export function problemIn(
  draft: DisposeDraft,
  disposition: Disposition | undefined,
  now: number,
): DraftProblem | undefined {
  if (!disposition) return { field: "chosen", text: texts.dispose.choose };
  const length = lengthOf(draft.note.trim());
  if (length > LONGEST_NOTE) return { field: "note", text: texts.dispose.noteTooLong(length, LONGEST_NOTE) };
  if (!disposition.callback) return undefined;
  const at = instantOf(draft.callback, draft.zone);
  if (at === undefined) return { field: "callback", text: texts.dispose.callbackMissing };
  return at <= now ? { field: "callback", text: texts.dispose.callbackPast } : undefined;
}

/** The promise and the break as the API takes them. */
export function extrasOf(draft: DisposeDraft, disposition: Disposition) {
  const at = disposition.callback ? instantOf(draft.callback, draft.zone) : undefined;
  return {
    ...(at === undefined ? {} : { callback_at: new Date(at).toISOString(), callback_zone: draft.zone }),
    ...(draft.breakAfter === undefined ? {} : { break_after: draft.breakAfter }),
  };
}
