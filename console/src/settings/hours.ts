// Opening hours as they are edited.

import type { Hours, Span } from "./types";

/** Days in the order of the page, Monday first; a week in data begins on Sunday. */
export const DAYS: readonly number[] = [1, 2, 3, 4, 5, 6, 0];

const END_OF_DAY = "24:00";
const FULL_DAY = 24 * 60;

/** A time field knows no 24:00: midnight at the end of a day stands as 00:00. */
export function toField(time: string): string {
  return time === END_OF_DAY ? "00:00" : time;
}

/** What a time field says, as an end. */
export function endFromField(field: string): string {
  return field === "00:00" ? END_OF_DAY : field;
}

/** Minutes since midnight; NaN for what is no time. */
export function minutesOf(time: string): number {
  const found = /^(\d{2}):(\d{2})$/.exec(time);
  return found ? Number(found[1]) * 60 + Number(found[2]) : Number.NaN;
}

const timeOf = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

/** Where a span lies in its day, as shares of it; undefined when it is none. */
export function shareOf(span: Span): { from: number; to: number } | undefined {
  const from = minutesOf(span.from) / FULL_DAY;
  const to = minutesOf(span.to) / FULL_DAY;
  return from < to && to <= 1 ? { from, to } : undefined;
}

const FIRST: Span = { from: "09:00", to: "17:00" };

/** Hours for one more part of a day: after the last one, with an hour between. */
export function nextSpan(spans: readonly Span[]): Span {
  const last = spans.at(-1);
  const end = last ? minutesOf(last.to) : Number.NaN;
  if (Number.isNaN(end)) return FIRST;
  const from = Math.min(end + 60, FULL_DAY - 60);
  return { from: timeOf(from), to: timeOf(Math.min(from + 240, FULL_DAY)) };
}

/** The week with one day changed. */
export function withDay(week: readonly Span[][], day: number, spans: readonly Span[]): Span[][] {
  return week.map((old, other) => (other === day ? [...spans] : old));
}

/** The week with a day's hours on other days too. */
export function copyDay(week: readonly Span[][], day: number, to: readonly number[]): Span[][] {
  const spans = week[day] ?? [];
  return week.map((old, other) => (to.includes(other) ? spans.map((span) => ({ ...span })) : old));
}

export type Preset = "office" | "long" | "always";

export const WEEKDAYS: readonly number[] = [1, 2, 3, 4, 5];
export const EVERY_DAY: readonly number[] = [0, 1, 2, 3, 4, 5, 6];

const PRESETS: Readonly<Record<Preset, { days: readonly number[]; span: Span }>> = {
  office: { days: WEEKDAYS, span: FIRST },
  long: { days: [1, 2, 3, 4, 5, 6], span: { from: "08:00", to: "20:00" } },
  always: { days: EVERY_DAY, span: { from: "00:00", to: END_OF_DAY } },
};

/** A ready-made week. */
export function presetWeek(preset: Preset): Span[][] {
  const { days, span } = PRESETS[preset];
  return EVERY_DAY.map((day) => (days.includes(day) ? [{ ...span }] : []));
}

/** Office hours in the account's zone, with nothing special. */
export function usualHours(): Hours {
  return { zone: "", week: presetWeek("office"), holidays: [], closed: { after_seconds: 0, action: "" } };
}

/** The date after the last special day, or after today: "2026-12-25". */
export function nextDate(dates: readonly string[], today: string): string {
  const latest =
    [...dates, today]
      .filter((date) => /^\d{4}-\d{2}-\d{2}$/.test(date))
      .sort()
      .at(-1) ?? today;
  const next = new Date(`${latest}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}
