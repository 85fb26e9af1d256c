// Saving a form part by part, and what came of it.

import { useCallback, useMemo, useState } from "react";
import { Problem } from "../api/client";
import { sentenceOfCause } from "./data";
import { emptyNumbers, type FieldErrors, NO_ERRORS, placeErrors, stillTold } from "./errors";
import { words } from "./texts";

/** A part of a form that is saved by a request of its own. */
export interface Part {
  name: string;
  /** Where the fields of this request lie in the form: "policy" for policy.fallback. */
  under: string;
  save(): Promise<void>;
}

export interface Trouble {
  title: string;
  detail: string;
  /** Somebody else's save came first. */
  newer: boolean;
}

interface Told {
  errors: FieldErrors;
  /** The form when it was refused. */
  formThen: unknown;
}

export interface Saving {
  busy: boolean;
  trouble: Trouble | undefined;
  /** What is wrong with fields that haven't been touched since. */
  errors: FieldErrors;
  /** Saves the parts in order and stops at the first refusal. Tells whether all were saved. */
  run(parts: readonly Part[]): Promise<boolean>;
  clear(): void;
}

function troubleOf(cause: unknown, done: readonly string[]): Trouble {
  const newer = cause instanceof Problem && cause.code === "newer_version";
  const title = newer
    ? words.save.newerTitle
    : done.length > 0
      ? words.save.partly(done.join(", "))
      : words.save.failed;
  return { title, detail: newer ? words.save.newer : sentenceOfCause(cause), newer };
}

/** The saving of a form whose whole state is `value`. */
export function useSaving(value: unknown): Saving {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const [told, setTold] = useState<Told>({ errors: NO_ERRORS, formThen: undefined });

  const clear = useCallback(() => {
    setTrouble(undefined);
    setTold({ errors: NO_ERRORS, formThen: undefined });
  }, []);

  const run = async (parts: readonly Part[]): Promise<boolean> => {
    const empty = emptyNumbers(value);
    clear();
    if (empty.length > 0) {
      setTold({ errors: Object.fromEntries(empty.map((path) => [path, words.save.empty])), formThen: value });
      return false;
    }
    setBusy(true);
    const done: string[] = [];
    try {
      for (const part of parts) {
        try {
          await part.save();
          done.push(part.name);
        } catch (cause) {
          if (cause instanceof Problem && cause.fields.length > 0) {
            setTold({ errors: placeErrors(cause.fields, part.under), formThen: value });
            if (done.length === 0) return false;
          }
          setTrouble(troubleOf(cause, done));
          return false;
        }
      }
      return true;
    } finally {
      setBusy(false);
    }
  };

  const errors = useMemo(() => stillTold(told.errors, told.formThen, value), [told, value]);
  return { busy, trouble, errors, run, clear };
}
