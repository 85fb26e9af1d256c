import { describe, expect, test } from "vitest";
import {
  type Around,
  fewNames,
  firstOutOfOrder,
  fromTemplate,
  moveStep,
  nextAfter,
  pictureOf,
  placeForStep,
  putInOrder,
  spread,
  withAction,
} from "../src/settings/chain";
import { changeDraft, isChanged, rebaseDraft, resetDraft, startDraft, undoDraft } from "../src/settings/draft";
import { emptyNumbers, errorAt, pathOfLocation, placeErrors, same, stillTold, valueAt } from "../src/settings/errors";
import { copyDay, endFromField, nextDate, nextSpan, presetWeek, shareOf, toField } from "../src/settings/hours";
import { policyFrom, rulesFrom } from "../src/settings/model";
import { neededFor, notesOf, placeName, type QueueForm, tabOf, wrongTabs } from "../src/settings/queueForm";
import { words } from "../src/settings/texts";
import type { Policy, Step } from "../src/settings/types";
import { longLength, secondsOf, shortLength, splitSeconds } from "../src/settings/units";
import { changedParts, POLICY_PARTS } from "../src/settings/versions";

const USUAL = ["seconds", "minutes", "hours"] as const;

describe("lengths of time", () => {
  test.each([
    [300, "5", "minutes"],
    [90, "90", "seconds"],
    [7_200, "2", "hours"],
    [0, "0", "seconds"],
    [86_400, "24", "hours"],
  ])("%d seconds are shown as %s %s", (seconds, text, unit) => {
    expect(splitSeconds(seconds, USUAL)).toEqual({ text, unit });
  });

  test("keep the unit a person chose while it leaves no rest", () => {
    expect(splitSeconds(120, USUAL, "seconds")).toEqual({ text: "120", unit: "seconds" });
    expect(splitSeconds(90, USUAL, "hours")).toEqual({ text: "90", unit: "seconds" });
    expect(splitSeconds(90, ["minutes", "hours"])).toEqual({ text: "1.5", unit: "minutes" });
  });

  test("come back as the same seconds, whatever they are", () => {
    for (const seconds of [0, 1, 59, 60, 61, 100, 3_599, 86_401, 2_592_000]) {
      for (const units of [USUAL, ["minutes", "hours"], ["hours", "days"]] as const) {
        expect(secondsOf(splitSeconds(seconds, units))).toBe(seconds);
      }
    }
  });

  test("an empty field is no number, and stays so", () => {
    expect(secondsOf({ text: "", unit: "minutes" })).toBeNaN();
    expect(splitSeconds(Number.NaN, USUAL, "minutes")).toEqual({ text: "", unit: "minutes" });
    expect(Object.is(secondsOf({ text: "-0", unit: "seconds" }), 0)).toBe(true);
  });

  test.each([
    [0, "0", "0 seconds"],
    [45, "45 s", "45 seconds"],
    [60, "1 min", "1 minute"],
    [5_400, "1 h 30 min", "1 hour 30 minutes"],
    [90_061, "1 d 1 h", "1 day 1 hour"],
  ])("%d in words", (seconds, short, long) => {
    expect(shortLength(seconds)).toBe(short);
    expect(longLength(seconds)).toBe(long);
  });
});

const around: Around = { otherQueues: ["sales", "billing"], me: "ann", texts: words.step.defaults };
const step = (after_seconds: number, action: Step["action"] = "text"): Step => ({ after_seconds, action });

describe("a chain", () => {
  test("moving a step leaves the times in their places", () => {
    const chain = [step(120, "text"), step(300, "widen"), step(600, "notify")];
    expect(moveStep(chain, 2, 0)).toEqual([step(120, "notify"), step(300, "text"), step(600, "widen")]);
    expect(moveStep(chain, 0, 1).map((item) => item.action)).toEqual(["widen", "text", "notify"]);
    expect(moveStep(chain, 0, -1)).toEqual(chain);
    expect(moveStep(chain, 2, 3)).toEqual(chain);
  });

  test("tells which step isn't due after the one above it, and puts it right", () => {
    expect(firstOutOfOrder([step(60), step(120)])).toBe(-1);
    expect(firstOutOfOrder([step(60), step(60)])).toBe(1);
    expect(firstOutOfOrder([step(300, "close"), step(60)])).toBe(1);
    const right = putInOrder([step(300, "close"), step(60, "text"), step(60, "widen")]);
    expect(right).toEqual([step(60, "text"), step(120, "widen"), step(300, "close")]);
    expect(firstOutOfOrder(right)).toBe(-1);
  });

  test("an empty time is not out of order: it is empty", () => {
    expect(firstOutOfOrder([step(60), step(Number.NaN)])).toBe(-1);
  });

  test("one more step comes as late again, but before the end of the wait", () => {
    expect(nextAfter([])).toBe(300);
    expect(nextAfter([step(120)])).toBe(240);
    expect(nextAfter([step(120), step(300)])).toBe(480);
    expect(placeForStep([step(120)])).toEqual({ place: 1, after_seconds: 240 });
    expect(placeForStep([step(300, "widen"), step(600, "callback")])).toEqual({ place: 1, after_seconds: 480 });
    expect(placeForStep([step(2, "close")])).toEqual({ place: 0, after_seconds: 1 });
  });

  test("another action brings what it needs and drops what it doesn't", () => {
    const widen = withAction(step(60), "widen", around);
    expect(widen).toEqual({ after_seconds: 60, action: "widen", queues: ["sales", "billing"] });
    const move = withAction(widen, "move", around);
    expect(move).toEqual({ after_seconds: 60, action: "move", queue: "sales" });
    const notify = withAction(move, "notify", around);
    expect(notify).toEqual({ after_seconds: 60, action: "notify", users: ["ann"] });
    const callback = withAction(notify, "callback", around);
    expect(callback).toMatchObject({ text: words.step.defaults.callback, callback_minutes: 60 });
    expect(callback).not.toHaveProperty("users");
  });

  test("a text somebody wrote is kept, one of ours gives way", () => {
    const own = { ...step(60), text: "Bear with us" };
    expect(withAction(own, "close", around).text).toBe("Bear with us");
    const ours = withAction(step(60), "text", around);
    expect(withAction(ours, "close", around).text).toBe(words.step.defaults.close);
  });

  test("the template of the story: my agent 2 minutes, then the team, everyone at 5, a callback at 10", () => {
    const filled = fromTemplate("mine-team-all-callback", around);
    expect(filled.sticky).toEqual({ enabled: true, wait_seconds: 120 });
    expect(filled.steps.map(({ after_seconds, action }) => [after_seconds, action])).toEqual([
      [300, "widen"],
      [600, "callback"],
    ]);
    expect(filled.steps[0]?.queues).toEqual(["sales", "billing"]);
    expect(filled.short).toBe(false);
  });

  test("with no other queue a template leaves out what needs one, and says so", () => {
    const filled = fromTemplate("team-notify-move", { ...around, otherQueues: [] });
    expect(filled.steps.map((item) => item.action)).toEqual(["notify"]);
    expect(filled.short).toBe(true);
  });
});

describe("the picture of a chain", () => {
  const policy = (fallback: Step[], more: Partial<Policy> = {}) => ({ ...policyFrom({}), fallback, ...more });

  test("shows who may take the chat when, to the end of the wait", () => {
    const chain = [{ ...step(300, "widen"), queues: ["sales"] }, step(600, "callback")];
    const picture = pictureOf(policy(chain), { wait_seconds: 120 });
    expect(picture.end).toBe(600);
    expect(picture.lanes).toEqual([
      { who: "sticky", queues: [], from: 0, to: 120 },
      { who: "team", queues: [], from: 120, to: 600 },
      { who: "also", queues: ["sales"], from: 300, to: 600 },
    ]);
    expect(picture.marks.map((mark) => [mark.at, mark.kind])).toEqual([
      [0, "arrival"],
      [120, "sticky"],
      [300, "widen"],
      [600, "callback"],
    ]);
  });

  test("has no end when nothing ends the wait", () => {
    expect(pictureOf(policy([step(60)]), undefined).end).toBeUndefined();
  });

  test("stops at the longest wait, and leaves out what would come later", () => {
    const picture = pictureOf(policy([step(60), step(900, "close")], { max_wait_seconds: 300 }), undefined);
    expect(picture.end).toBe(300);
    expect(picture.marks.map((mark) => mark.kind)).toEqual(["arrival", "text", "timeout"]);
  });

  test("names a few and counts the rest", () => {
    const more = (n: number) => `${n} more`;
    expect(fewNames(["Sales"], more)).toBe("Sales");
    expect(fewNames(["A", "B", "C"], more)).toBe("A, B, C");
    expect(fewNames(["A", "B", "C", "D"], more)).toBe("A, B, 2 more");
    expect(fewNames(["A department with a very long name"], more)).toBe("A department with a v…");
  });

  test("places moments in order, never too near, and to the full width", () => {
    const places = spread([0, 5, 10, 86_400], 400, 40);
    expect(places[0]).toBe(0);
    expect(places.at(-1)).toBeCloseTo(400);
    for (const [place, x] of places.entries()) {
      if (place > 0) expect(x - (places[place - 1] ?? 0)).toBeGreaterThanOrEqual(40);
    }
    expect(spread([0], 400, 40)).toEqual([0]);
    expect(spread([0, 60], 30, 40).at(-1)).toBeCloseTo(30);
  });
});

describe("errors", () => {
  test.each([
    ["body.fallback[1].after_seconds", "fallback.1.after_seconds"],
    ["body.policy.fallback[0].text", "fallback.0.text"],
    ["body.settings.sticky.wait_seconds", "sticky.wait_seconds"],
    ["hours.week[2][0].from", "hours.week.2.0.from"],
    ["body", ""],
    ["body.name", "name"],
  ])("%s is about %s", (location, path) => {
    expect(pathOfLocation(location)).toBe(path);
  });

  test("stand at their fields, as sentences, two about one field joined", () => {
    const blamed = [
      { location: "body.fallback[1].text", message: "is empty" },
      { location: "body.fallback[1].text", message: "Write something." },
      { location: "body", message: "callback_minutes is needed" },
    ];
    expect(placeErrors(blamed, "policy")).toEqual({
      "policy.fallback.1.text": "This is empty. Write something.",
      policy: "callback_minutes is needed.",
    });
  });

  test("are still told until their field changes", () => {
    const then = { policy: { fallback: [{ text: "" }, { text: "" }] } };
    const now = { policy: { fallback: [{ text: "now there" }, { text: "" }] } };
    const errors = { "policy.fallback.0.text": "Is empty.", "policy.fallback.1.text": "Is empty." };
    expect(stillTold(errors, then, now)).toEqual({ "policy.fallback.1.text": "Is empty." });
    expect(stillTold(errors, then, then)).toBe(errors);
  });

  test("about a part without a field are shown at the whole when asked for", () => {
    const errors = { "policy.channels.0": "There already." };
    expect(errorAt(errors, "policy.channels")).toBeUndefined();
    expect(errorAt(errors, "policy.channels", true)).toBe("There already.");
    expect(errorAt({ "policy.channels_x": "no" }, "policy.channels", true)).toBeUndefined();
  });

  test("numbers left empty are found wherever they are", () => {
    const form = { a: Number.NaN, list: [{ n: 1 }, { n: Number.NaN }], text: "" };
    expect(emptyNumbers(form)).toEqual(["a", "list.1.n"]);
    expect(valueAt(form, "list.1.n")).toBeNaN();
    expect(valueAt(form, "list.7.n")).toBeUndefined();
  });

  test("values are the same by what they are made of", () => {
    expect(same({ a: [1, { b: undefined }] }, { a: [1, {}] })).toBe(true);
    expect(same({ a: Number.NaN }, { a: Number.NaN })).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same([], {})).toBe(false);
    expect(same(null, {})).toBe(false);
  });
});

describe("a draft", () => {
  test("undoes a run of typing at once, and other changes one by one", () => {
    const form = (text: string, steps: number[]) => ({ text, steps: steps.map((n) => ({ n })) });
    let draft = startDraft(form("", [1]));
    draft = changeDraft(draft, form("a", [1]), 1_000);
    draft = changeDraft(draft, form("ab", [1]), 1_100);
    draft = changeDraft(draft, form("ab!", [1]), 9_000);
    draft = changeDraft(draft, form("ab!", [1, 2]), 9_100);
    draft = changeDraft(draft, form("ab!", [2, 1]), 9_200);
    draft = undoDraft(draft);
    expect(draft.value).toEqual(form("ab!", [1, 2]));
    draft = undoDraft(undoDraft(draft));
    expect(draft.value).toEqual(form("ab", [1]));
    draft = undoDraft(draft);
    expect(draft.value).toEqual(form("", [1]));
    expect(isChanged(draft)).toBe(false);
    expect(undoDraft(draft)).toBe(draft);
  });

  test("discarding can be undone", () => {
    const changed = changeDraft(startDraft({ n: 1 }), { n: 2 }, 1_000);
    const reset = resetDraft(changed);
    expect(isChanged(reset)).toBe(false);
    expect(undoDraft(reset).value).toEqual({ n: 2 });
  });

  test("news of the server replaces what is untouched and never what was changed", () => {
    expect(rebaseDraft(startDraft({ n: 1 }), { n: 5 }).value).toEqual({ n: 5 });
    const changed = rebaseDraft(changeDraft(startDraft({ n: 1 }), { n: 2 }, 1_000), { n: 5 });
    expect(changed.value).toEqual({ n: 2 });
    expect(isChanged(changed)).toBe(true);
    expect(isChanged(rebaseDraft(changed, { n: 2 }))).toBe(false);
  });
});

describe("a queue's form", () => {
  const form: QueueForm = {
    name: "Support",
    priority: 5,
    members: [],
    policy: policyFrom({}),
    sticky: { enabled: true, wait_seconds: 60 },
  };

  test("is saved by the requests it needs and no others", () => {
    expect(Object.values(neededFor(form, form)).some((needed) => needed)).toBe(false);
    expect(neededFor(form, { ...form, sticky: { enabled: true, wait_seconds: 120 } })).toEqual({
      base: false,
      members: false,
      sticky: true,
      policy: false,
    });
  });

  test("says what saving does to chats that live now", () => {
    expect(notesOf(form, { ...form, name: "Help" })).toEqual([]);
    const changed = { ...form, priority: 1, policy: { ...form.policy, max_waiting: 9 } };
    expect(notesOf(form, changed)).toEqual([words.save.arrivals, words.save.priorityAtOnce]);
  });

  test.each([
    ["name", "general", "Name"],
    ["policy.strategy", "general", "Who is next"],
    ["members.2.user_id", "members", "Members"],
    ["policy.fallback.1.text", "waiting", "Step 2"],
    ["sticky.wait_seconds", "waiting", "Sticky agent"],
    ["policy.max_waiting", "waiting", "How many may wait"],
    ["policy.silence.0.text", "chats", "When the customer doesn't answer"],
    ["policy.hours.week.1.0.from", "hours", "Opening hours"],
  ])("the field %s is on the tab %s under %s", (path, tab, name) => {
    expect(tabOf(path)).toBe(tab);
    expect(placeName(path)).toBe(name);
    expect([...wrongTabs({ [path]: "no" })]).toEqual([tab]);
  });
});

describe("what the API leaves out", () => {
  test("is filled in, so that a form has every field", () => {
    const policy = policyFrom({
      channels: null,
      hours: { week: [null, [{ from: "09:00", to: "17:00" }]] },
      fallback: null,
    });
    expect(policy.channels).toEqual([]);
    expect(policy.fallback).toEqual([]);
    expect(policy.strategy).toBe("longest_idle");
    expect(policy.hours?.week).toHaveLength(7);
    expect(policy.hours?.week[1]).toEqual([{ from: "09:00", to: "17:00" }]);
    expect(policyFrom(null).hours).toBeNull();
    expect(rulesFrom({ caps: { per_channel: { sms: 2 } } }).caps).toEqual({ per_agent: 0, per_channel: { sms: 2 } });
    expect(rulesFrom(undefined).sticky.channels).toEqual({});
  });

  test("versions are told apart by the parts that differ", () => {
    const before = policyFrom({});
    const after = policyFrom({ max_waiting: 5, fallback: [{ after_seconds: 60, action: "text", text: "Hi" }] });
    expect(changedParts(before, after, POLICY_PARTS)).toEqual(["how many may wait", "fallback chain"]);
    expect(changedParts(before, policyFrom({ channels: [] }), POLICY_PARTS)).toEqual([]);
  });
});

describe("opening hours", () => {
  test("midnight at the end of a day is 00:00 in a field and 24:00 in data", () => {
    expect(toField("24:00")).toBe("00:00");
    expect(endFromField("00:00")).toBe("24:00");
    expect(endFromField("17:30")).toBe("17:30");
    expect(shareOf({ from: "00:00", to: "24:00" })).toEqual({ from: 0, to: 1 });
    expect(shareOf({ from: "18:00", to: "06:00" })).toBeUndefined();
    expect(shareOf({ from: "", to: "06:00" })).toBeUndefined();
  });

  test("a day is copied to others, and they don't share it", () => {
    const week = presetWeek("office");
    const copied = copyDay(week, 1, [6]);
    expect(copied[6]).toEqual([{ from: "09:00", to: "17:00" }]);
    expect(copied[0]).toEqual([]);
    expect(copied[6]?.[0]).not.toBe(copied[1]?.[0]);
  });

  test("more hours of a day come after the last ones", () => {
    expect(nextSpan([])).toEqual({ from: "09:00", to: "17:00" });
    expect(nextSpan([{ from: "08:00", to: "12:00" }])).toEqual({ from: "13:00", to: "17:00" });
    expect(nextSpan([{ from: "08:00", to: "24:00" }])).toEqual({ from: "23:00", to: "24:00" });
  });

  test("a special day more is the day after the last", () => {
    expect(nextDate([], "2026-12-31")).toBe("2027-01-01");
    expect(nextDate(["2027-02-28", ""], "2026-12-31")).toBe("2027-03-01");
  });
});
