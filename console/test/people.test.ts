import { expect, test } from "vitest";
import { byReadiness, byState, hasRoom, stateOf, tellsMore } from "../src/state/people";
import { user } from "./make";

const slots = (used: number, cap: number, full = "") => ({ used, cap, full });

test("who is available but finishes a chat by rule is in wrap-up, who is on break is on break", () => {
  expect(stateOf(user("a"))).toBe("available");
  expect(stateOf(user("a", { wrap_up: true }))).toBe("wrap_up");
  expect(stateOf(user("a", { wrap_up: true, status: "break" }))).toBe("break");
});

test("who can take a chat comes first, the one with most room in front", () => {
  const agents = [
    user("off", { status: "offline" }),
    user("full", { slots: slots(5, 5, "own cap") }),
    user("break", { status: "break" }),
    user("half", { slots: slots(2, 5) }),
    user("free", { slots: slots(0, 5) }),
  ];
  expect(byReadiness(agents).map((each) => each.id)).toEqual(["free", "half", "full", "break", "off"]);
});

test("the board's order doesn't change with the load, and leaves out the disabled", () => {
  const agents = [
    user("b", { slots: slots(0, 5) }),
    user("a", { slots: slots(5, 5, "own cap") }),
    user("gone", { disabled_at: "2026-11-25T10:00:00Z" }),
    user("c", { status: "break" }),
  ];
  expect(byState(agents).map((each) => each.id)).toEqual(["a", "b", "c"]);
});

test("a reason that only repeats the state says nothing more", () => {
  expect(["Lunch", "break", "Break", "", undefined].map((reason) => tellsMore(reason, "Break"))).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});

test.each([
  ["somebody free", {}, true],
  ["somebody full", { slots: slots(5, 5, "own cap") }, false],
  ["somebody on break", { status: "break" as const }, false],
  ["somebody who has booked a break", { next_status: "break" as const }, false],
  ["somebody without a connection", { connected: false }, false],
  ["somebody in wrap-up", { wrap_up: true }, false],
])("%s: room %s", (_, change, room) => {
  expect(hasRoom(user("a", change))).toBe(room);
});
