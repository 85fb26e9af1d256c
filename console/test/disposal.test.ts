import { describe, expect, test } from "vitest";
import { type DisposeDraft, extrasOf, LONGEST_NOTE, problemIn } from "../src/state/disposal";
import { instantOf, localOf, zones } from "../src/state/zone";
import { disposition } from "./make";

const utc = (text: string) => Date.parse(text);

describe("a wall-clock time in a zone", () => {
  test.each([
    ["2026-11-25T14:30", "UTC", "2026-11-25T14:30:00Z"],
    ["2026-11-25T14:30", "Asia/Kolkata", "2026-11-25T09:00:00Z"],
    ["2026-07-01T09:00", "Europe/Vienna", "2026-07-01T07:00:00Z"],
    ["2026-12-01T09:00", "Europe/Vienna", "2026-12-01T08:00:00Z"],
    ["2026-11-25T23:30", "America/New_York", "2026-11-26T04:30:00Z"],
    // Clocks go forward at 02:00: the hour doesn't exist and becomes the next one.
    ["2026-03-29T02:30", "Europe/Vienna", "2026-03-29T01:30:00Z"],
    // Clocks go back at 03:00: the first of the two.
    ["2026-10-25T02:30", "Europe/Vienna", "2026-10-25T00:30:00Z"],
    ["2026-10-25T03:30", "Europe/Vienna", "2026-10-25T02:30:00Z"],
  ])("%s in %s is %s", (local, zone, at) => {
    expect(instantOf(local, zone)).toBe(utc(at));
  });

  test.each([
    ["", "UTC"],
    ["tomorrow", "UTC"],
    ["2026-11-25", "UTC"],
    ["2026-11-25T14:30", "Nowhere/City"],
  ])("%j in %s is none", (local, zone) => {
    expect(instantOf(local, zone)).toBeUndefined();
  });

  test("comes back as it was written", () => {
    for (const zone of ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Auckland"]) {
      expect(localOf(instantOf("2026-06-15T00:05", zone) ?? 0, zone)).toBe("2026-06-15T00:05");
    }
  });

  test("the list of zones begins with the wished ones, each once", () => {
    const list = zones("Europe/Vienna", "Nowhere/City", "Europe/Vienna");
    expect(list[0]).toBe("Europe/Vienna");
    expect(list.filter((zone) => zone === "Europe/Vienna")).toHaveLength(1);
    expect(list).not.toContain("Nowhere/City");
  });
});

describe("a draft", () => {
  const draft: DisposeDraft = { chosen: "a", note: "", callback: "", zone: "Europe/Vienna", breakAfter: undefined };
  const plain = disposition("a");
  const callback = disposition("a", undefined, { callback: true });
  const now = utc("2026-11-25T12:00:00Z");

  test("needs a disposition", () => {
    expect(problemIn(draft, undefined, now)?.field).toBe("chosen");
    expect(problemIn(draft, plain, now)).toBeUndefined();
  });

  test("counts its note as a person does", () => {
    expect(problemIn({ ...draft, note: ` ${"🙂".repeat(LONGEST_NOTE)} ` }, plain, now)).toBeUndefined();
    expect(problemIn({ ...draft, note: "x".repeat(LONGEST_NOTE + 1) }, plain, now)).toEqual({
      field: "note",
      text: "The note is 1 character too long.",
    });
  });

  test("that promises a call says when, and not in the past", () => {
    expect(problemIn(draft, callback, now)?.text).toBe("Enter when the customer is to be called back.");
    expect(problemIn({ ...draft, callback: "2026-11-25T13:00" }, callback, now)?.field).toBe("callback");
    expect(problemIn({ ...draft, callback: "2026-11-25T13:01" }, callback, now)).toBeUndefined();
  });

  test("sends the promise in UTC with its zone, and the break, only when there are any", () => {
    const full = { ...draft, callback: "2026-11-26T09:00", breakAfter: "Lunch" };
    expect(extrasOf(full, callback)).toEqual({
      callback_at: "2026-11-26T08:00:00.000Z",
      callback_zone: "Europe/Vienna",
      break_after: "Lunch",
    });
    expect(extrasOf({ ...full, breakAfter: undefined }, plain)).toEqual({});
  });
});
