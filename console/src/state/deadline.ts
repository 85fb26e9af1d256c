// Deadlines of chats for people: which one counts now, and how long it is.

import type { ClockKind, Deadline } from "../api/types";
import { texts } from "../texts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
// When a countdown asks to be noticed.
const SOON_MS = 30_000;

const two = (n: number) => String(n).padStart(2, "0");

/**
 * The time left until a moment: "0:42", "1:02:03", "2 d 3 h"; "0:00" when it is over. Rounded, for `now` comes from a clock
 * that ticks once a second: a hold of five minutes begins with 5:00.
 */
export function left(at: string, now: number): string {
  const ms = Math.max(0, Date.parse(at) - now);
  if (!Number.isFinite(ms)) return "";
  const seconds = Math.round(ms / 1000);
  if (ms >= DAY) return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** How pressing a deadline is. */
export type Urgency = "calm" | "soon" | "over";

export function urgency(at: string, now: number): Urgency {
  const ms = Date.parse(at) - now;
  return ms <= 0 ? "over" : ms <= SOON_MS ? "soon" : "calm";
}

// Deadlines that are due at once or tell nobody anything.
const UNTOLD: ReadonlySet<ClockKind> = new Set(["tell_position"]);

/** The deadline to show: the soonest that means something to a person; undefined when there is none. */
export function nextDeadline(clocks: readonly Deadline[] | undefined): Deadline | undefined {
  let soonest: Deadline | undefined;
  for (const clock of clocks ?? []) {
    if (UNTOLD.has(clock.kind)) continue;
    if (!soonest || Date.parse(clock.at) < Date.parse(soonest.at)) soonest = clock;
  }
  return soonest;
}

/** The words of a deadline before its time: "First reply", "Warns a silent customer", "Wrap-up ends". */
export function nameOf(clock: Deadline): string {
  const own = texts.deadlines[clock.kind];
  // The others have steps of many kinds: the server's words say which.
  return own ?? capital(clock.what || clock.kind.replaceAll("_", " "));
}

function capital(text: string): string {
  const [first = "", ...rest] = text;
  return first.toLocaleUpperCase() + rest.join("");
}

/** A deadline in one line: "First reply in 0:42", "Wrap-up ends now". */
export function sentenceOf(clock: Deadline, now: number): string {
  return urgency(clock.at, now) === "over"
    ? texts.deadlines.over(nameOf(clock))
    : texts.deadlines.in(nameOf(clock), left(clock.at, now));
}

/** The share of a span that is left, 1 at its start and 0 at its end. */
export function shareLeft(at: string, spanMs: number, now: number): number {
  if (spanMs <= 0) return 0;
  return Math.min(1, Math.max(0, (Date.parse(at) - now) / spanMs));
}
