// Lengths of time as people write them.

export type Unit = "seconds" | "minutes" | "hours" | "days";

export const SIZES: Readonly<Record<Unit, number>> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

const LARGEST_FIRST: readonly Unit[] = ["days", "hours", "minutes", "seconds"];

/** What stands in the two fields of a length of time. */
export interface Amount {
  text: string;
  unit: Unit;
}

/**
 * Splits seconds into a number and the largest of the units that leaves no rest: 300 is 5 minutes, 90 is 90 seconds.
 * The preferred unit wins when it leaves no rest either.
 */
export function splitSeconds(seconds: number, units: readonly Unit[], preferred?: Unit): Amount {
  const smallest = LARGEST_FIRST.findLast((unit) => units.includes(unit)) ?? "seconds";
  const fits = (unit: Unit) => units.includes(unit) && seconds % SIZES[unit] === 0;
  if (Number.isNaN(seconds)) return { text: "", unit: preferred ?? smallest };
  if (preferred && fits(preferred)) return { text: String(seconds / SIZES[preferred]), unit: preferred };
  if (seconds === 0) return { text: "0", unit: smallest };
  const unit = LARGEST_FIRST.find(fits) ?? smallest;
  return { text: String(seconds / SIZES[unit]), unit };
}

/** The seconds of an amount; NaN when its number can't be read. Never -0, which isn't the same as 0 to React. */
export function secondsOf({ text, unit }: Amount): number {
  return text.trim() === "" ? Number.NaN : Math.round(Number(text) * SIZES[unit]) + 0;
}

function parts(seconds: number): [Unit, number][] {
  const found: [Unit, number][] = [];
  let rest = Math.max(0, Math.round(seconds));
  for (const unit of LARGEST_FIRST) {
    const n = Math.floor(rest / SIZES[unit]);
    if (n > 0) found.push([unit, n]);
    rest -= n * SIZES[unit];
  }
  return found.slice(0, 2);
}

const SHORT: Readonly<Record<Unit, string>> = { seconds: "s", minutes: "min", hours: "h", days: "d" };

/** "2 min", "1 h 30 min", "0". */
export function shortLength(seconds: number): string {
  if (Number.isNaN(seconds)) return "?";
  const found = parts(seconds);
  return found.length === 0 ? "0" : found.map(([unit, n]) => `${n} ${SHORT[unit]}`).join(" ");
}

/** "2 minutes", "1 hour 30 minutes". */
export function longLength(seconds: number): string {
  if (Number.isNaN(seconds)) return "?";
  const found = parts(seconds);
  if (found.length === 0) return "0 seconds";
  return found.map(([unit, n]) => `${n} ${n === 1 ? unit.slice(0, -1) : unit}`).join(" ");
}
