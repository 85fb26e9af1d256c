// A fallback chain as it is edited: adding, moving and ordering steps, ready-made chains, and the picture of one.

import type { Action, Policy, Step, StickyRules } from "./types";

/** What a new step needs to know to be right from the start. */
export interface Around {
  /** Queues beside this one. */
  otherQueues: readonly string[];
  /** Who is told when nobody was chosen yet. */
  me: string;
  texts: { text: string; callback: string; close: string };
}

/** Steps that end the wait in this queue: nothing comes after them. */
export function endsWait(action: Action): boolean {
  return action === "move" || action === "callback" || action === "close";
}

const FIRST_AFTER = 300;
const CALLBACK_MINUTES = 60;

/** A time for one more step: as far from the last one as that is from the one before. */
export function nextAfter(steps: readonly { after_seconds: number }[], first = FIRST_AFTER): number {
  const last = steps.at(-1)?.after_seconds;
  if (last === undefined || Number.isNaN(last)) return first;
  const before = steps.at(-2)?.after_seconds ?? 0;
  const gap = last - before;
  return last + (gap > 0 ? gap : first);
}

/** Where one more step goes: at the end, but before a step that ends the wait, in the middle of the time before it. */
export function placeForStep(steps: readonly Step[]): { place: number; after_seconds: number } {
  const last = steps.at(-1);
  if (!last || !endsWait(last.action)) return { place: steps.length, after_seconds: nextAfter(steps) };
  const before = steps.at(-2)?.after_seconds ?? 0;
  const middle = before + (last.after_seconds - before) / 2;
  const grain = middle >= 120 ? 60 : 1;
  const rounded = Math.round(middle / grain) * grain;
  const fits = rounded > before && rounded < last.after_seconds;
  return { place: steps.length - 1, after_seconds: fits ? rounded : Math.floor(middle) };
}

/** The step with another action: what both use stays, what the new one needs is there. */
export function withAction(step: Step, action: Action, around: Around): Step {
  const base: Step = { after_seconds: step.after_seconds, action };
  switch (action) {
    case "widen":
      return { ...base, queues: step.queues?.length ? step.queues : [...around.otherQueues] };
    case "move": {
      const queue = step.queue ?? around.otherQueues[0];
      return queue === undefined ? base : { ...base, queue };
    }
    case "notify":
      return {
        ...base,
        users: step.users?.length ? step.users : [around.me],
        ...(step.url ? { url: step.url } : {}),
      };
    case "text":
      return { ...base, text: textFor(step, around.texts.text, around) };
    case "callback":
      return {
        ...base,
        text: textFor(step, around.texts.callback, around),
        callback_minutes: step.callback_minutes ?? CALLBACK_MINUTES,
      };
    case "close":
      return { ...base, text: textFor(step, around.texts.close, around) };
    case "":
      return base;
  }
}

/** A text somebody wrote is kept; one of ours gives way to the one that fits. */
function textFor(step: Step, fitting: string, around: Around): string {
  const ours = Object.values(around.texts);
  return step.text && !ours.includes(step.text) ? step.text : fitting;
}

/** Takes item `from` to place `to`. */
export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items];
  const item = next[from];
  if (item === undefined || to < 0 || to >= next.length) return next;
  next.splice(from, 1);
  next.splice(to, 0, item);
  return next;
}

/**
 * Moves what a step does to another place of the chain. The times stay where they are, so that a chain is in order
 * before and after.
 */
export function moveStep<T extends { after_seconds: number }>(steps: readonly T[], from: number, to: number): T[] {
  return moved(steps, from, to).map((step, place) => ({
    ...step,
    after_seconds: steps[place]?.after_seconds ?? step.after_seconds,
  }));
}

/** The first step that isn't due after the one above it; -1 when all are. */
export function firstOutOfOrder(steps: readonly { after_seconds: number }[]): number {
  return steps.findIndex((step, place) => {
    const before = steps[place - 1];
    return before !== undefined && step.after_seconds <= before.after_seconds;
  });
}

/** Steps by their time; those of the same time stay in order. */
export function inOrder<T extends { after_seconds: number }>(steps: readonly T[]): T[] {
  return [...steps].sort((a, b) => a.after_seconds - b.after_seconds);
}

/** Steps by their time, none at the time of the one before it. */
export function putInOrder<T extends { after_seconds: number }>(steps: readonly T[]): T[] {
  let before = Number.NEGATIVE_INFINITY;
  return inOrder(steps).map((step) => {
    before = step.after_seconds > before ? step.after_seconds : before + 60;
    return { ...step, after_seconds: before };
  });
}

export type TemplateName = "mine-team-all-callback" | "team-all" | "team-close" | "team-notify-move" | "wait";

export const TEMPLATES: readonly TemplateName[] = [
  "mine-team-all-callback",
  "team-all",
  "team-close",
  "team-notify-move",
  "wait",
];

export interface Filled {
  steps: Step[];
  /** Wanted of the account's sticky rules, when the template says. */
  sticky?: { enabled: boolean; wait_seconds: number };
  /** Steps were left out as there is no other queue. */
  short: boolean;
}

/** A ready-made chain for this queue. */
export function fromTemplate(name: TemplateName, around: Around): Filled {
  const at = (after_seconds: number, action: Action) => withAction({ after_seconds, action }, action, around);
  const needsOther = (step: Step) => step.action === "widen" || step.action === "move";
  const wanted: Record<TemplateName, Step[]> = {
    "mine-team-all-callback": [at(300, "widen"), at(600, "callback")],
    "team-all": [at(180, "widen"), at(600, "text")],
    "team-close": [at(300, "text"), at(900, "close")],
    "team-notify-move": [at(120, "notify"), at(600, "move")],
    wait: [],
  };
  const all = wanted[name];
  const steps = around.otherQueues.length > 0 ? all : all.filter((step) => !needsOther(step));
  return {
    steps,
    short: steps.length < all.length,
    ...(name === "mine-team-all-callback" ? { sticky: { enabled: true, wait_seconds: 120 } } : {}),
  };
}

// The picture.

/** Somebody who may take the chat from one moment to another; without an end they may until it is taken. */
export interface Lane {
  who: "sticky" | "team" | "also" | "moved";
  queues: readonly string[];
  from: number;
  to: number | undefined;
}

export interface Mark {
  at: number;
  kind: "arrival" | "sticky" | Exclude<Action, ""> | "timeout";
}

export interface Picture {
  lanes: readonly Lane[];
  marks: readonly Mark[];
  /** When the wait ends by itself; undefined when it never does. */
  end: number | undefined;
}

/** What happens to a chat that waits here, as lanes and marks in time. */
export function pictureOf(policy: Policy, sticky: Pick<StickyRules, "wait_seconds"> | undefined): Picture {
  const steps = inOrder(policy.fallback.filter((step) => step.action !== "" && step.after_seconds >= 0));
  const last = steps.findIndex((step) => endsWait(step.action));
  const ending = steps[last];
  const limit = policy.max_wait_seconds > 0 ? policy.max_wait_seconds : Number.POSITIVE_INFINITY;
  const end = Math.min(ending?.after_seconds ?? Number.POSITIVE_INFINITY, limit);
  const reached = (last < 0 ? steps : steps.slice(0, last + 1)).filter((step) => step.after_seconds <= end);
  const until = Number.isFinite(end) ? end : undefined;
  const wait = sticky && sticky.wait_seconds > 0 ? Math.min(sticky.wait_seconds, end) : 0;

  const lanes: Lane[] = [];
  const marks: Mark[] = [{ at: 0, kind: "arrival" }];
  if (wait > 0) {
    lanes.push({ who: "sticky", queues: [], from: 0, to: wait });
    marks.push({ at: wait, kind: "sticky" });
  }
  lanes.push({ who: "team", queues: [], from: wait, to: until });
  for (const step of reached) {
    if (step.action === "") continue;
    marks.push({ at: step.after_seconds, kind: step.action });
    if (step.action === "widen") {
      lanes.push({ who: "also", queues: step.queues ?? [], from: step.after_seconds, to: until });
    }
    if (step.action === "move") {
      lanes.push({
        who: "moved",
        queues: step.queue ? [step.queue] : [],
        from: step.after_seconds,
        to: undefined,
      });
    }
  }
  if (limit <= end && Number.isFinite(limit)) marks.push({ at: limit, kind: "timeout" });
  return { lanes, marks, end: until };
}

const LONGEST_NAME = 22;

/** The first of some names and how many more there are, short enough for a picture. */
export function fewNames(names: readonly string[], more: (n: number) => string, most = 2): string {
  const cut = (name: string) => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1).trimEnd()}…` : name);
  const shown = names.slice(0, names.length === most + 1 ? most + 1 : most).map(cut);
  const rest = names.length - shown.length;
  return [...shown, ...(rest > 0 ? [more(rest)] : [])].join(", ");
}

/**
 * Places moments on a line: in proportion where there is room, but never nearer to each other than `gap`, so that
 * 5 seconds can be told from 10 beside 24 hours. Moments ascend; the first is at 0 and the last at `width`.
 */
export function spread(moments: readonly number[], width: number, gap: number): number[] {
  const last = moments.at(-1) ?? 0;
  const first = moments[0] ?? 0;
  const between = moments.length - 1;
  if (between <= 0 || last <= first) return moments.map(() => 0);
  const least = Math.min(gap, width / between);
  const spare = width - least * between;
  const weights = moments.slice(1).map((at, place) => Math.sqrt(at - (moments[place] ?? 0)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const places = [0];
  for (const weight of weights) places.push((places.at(-1) ?? 0) + least + (spare * weight) / total);
  return places;
}
