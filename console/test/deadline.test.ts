import { describe, expect, test } from "vitest";
import type { ClockKind, Deadline } from "../src/api/types";
import { left, nextDeadline, sentenceOf, shareLeft, urgency } from "../src/state/deadline";

const now = Date.parse("2026-11-25T12:00:00Z");
const inMs = (ms: number) => new Date(now + ms).toISOString();
const clock = (kind: ClockKind, ms: number, what = ""): Deadline => ({ kind, step: 0, at: inMs(ms), what });

test.each([
  [42_000, "0:42"],
  [41_500, "0:42"],
  [41_499, "0:41"],
  [60_000, "1:00"],
  [59_600, "1:00"],
  [300_400, "5:00"],
  [3_600_000, "1:00:00"],
  [3_723_000, "1:02:03"],
  [90_000_000, "1 d 1 h"],
  [0, "0:00"],
  [-5_000, "0:00"],
])("%d ms are %s", (ms, text) => {
  expect(left(inMs(ms), now)).toBe(text);
});

test("a deadline presses more as it comes near", () => {
  expect([31_000, 30_000, 1, 0, -1].map((ms) => urgency(inMs(ms), now))).toEqual([
    "calm",
    "soon",
    "soon",
    "over",
    "over",
  ]);
});

describe("the next deadline", () => {
  test("is the soonest, in whatever order they came", () => {
    const soon = clock("first_reply", 1_000);
    expect(nextDeadline([clock("silence", 9_000), soon, clock("wrap_up", 5_000)])).toBe(soon);
  });

  test("isn't one that tells a person nothing", () => {
    expect(nextDeadline([clock("tell_position", 0), clock("max_wait", 60_000)])?.kind).toBe("max_wait");
    expect(nextDeadline([clock("tell_position", 0)])).toBeUndefined();
    expect(nextDeadline([])).toBeUndefined();
    expect(nextDeadline(undefined)).toBeUndefined();
  });
});

test.each([
  [clock("first_reply", 42_000, "reminds the agent"), "First reply in 0:42"],
  [clock("silence", 70_000, "warns a silent customer"), "Warns a silent customer in 1:10"],
  [clock("wrap_up", 30_000, "disposes as No response"), "Wrap-up ends in 0:30"],
  [clock("fallback_step", 125_000, "to Billing as well"), "To Billing as well in 2:05"],
  [clock("sticky_wait", 18_000, "stops waiting for Ben"), "Stops waiting for Ben in 0:18"],
  [clock("max_wait", 240_000, "closes as timed out"), "Closes as timed out in 4:00"],
  [clock("hold", 600_000), "Back from hold in 10:00"],
  [clock("first_reply", -1_000), "First reply now"],
  [clock("fallback_step", 1_000), "Fallback step in 0:01"],
])("%j is said as %s", (each, sentence) => {
  expect(sentenceOf(each, now)).toBe(sentence);
});

test("the bar of an offer goes from full to empty and stays inside", () => {
  expect(shareLeft(inMs(20_000), 20_000, now)).toBe(1);
  expect(shareLeft(inMs(5_000), 20_000, now)).toBe(0.25);
  expect(shareLeft(inMs(-1), 20_000, now)).toBe(0);
  expect(shareLeft(inMs(30_000), 20_000, now)).toBe(1);
  expect(shareLeft(inMs(1), 0, now)).toBe(0);
});
