import { describe, expect, test } from "vitest";
import { parseFrame } from "../src/api/events";
import { backoff, SeenIds } from "../src/api/stream";
import { EventLog } from "../src/live/cache";
import { chat, created, message } from "./make";

const frame = (value: unknown) => parseFrame(JSON.stringify(value));

describe("frames", () => {
  test("an event is decoded with its cursor", () => {
    const data = { message: message(3), chat: chat() };
    expect(frame({ type: "message.created", id: 9, cursor: "7.9", data })).toEqual({
      kind: "event",
      event: { type: "message.created", id: 9, cursor: "7.9", message: message(3), chat: chat() },
    });
  });

  test("hello, resync and ping are told apart", () => {
    expect(frame({ type: "hello", cursor: "7.9" })).toEqual({ kind: "hello", cursor: "7.9" });
    expect(frame({ type: "resync" })).toEqual({ kind: "resync" });
    expect(frame({ type: "ping", cursor: "8.1" })).toEqual({ kind: "ping", cursor: "8.1" });
  });

  test.each([
    ["not json", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["an unknown type", '{"type":"weather"}'],
    ["a message without its data", '{"type":"message.created","data":{}}'],
    ["a chat without an id", '{"type":"chat.updated","data":{"chat":{}}}'],
  ])("%s is passed over", (_, text) => {
    expect(parseFrame(text)).toBeUndefined();
  });
});

test("waits grow, stay bounded and differ between clients", () => {
  expect(backoff(0, 0)).toBe(200);
  expect(backoff(0, 0.999)).toBe(400);
  expect(backoff(3, 0)).toBe(1_600);
  expect(backoff(50, 0.999)).toBeLessThanOrEqual(15_000);
  expect(backoff(50, 0)).toBe(7_500);
});

test("a repeated event is recognised, also among many", () => {
  const seen = new SeenIds(3);
  expect([1, 2, 2, 3, 1].map((id) => seen.add(id))).toEqual([true, true, false, true, false]);
  seen.add(4);
  expect(seen.add(1)).toBe(true);
  expect(seen.add(0) && seen.add(0)).toBe(true);
});

test("the log gives what came since a mark", () => {
  const log = new EventLog();
  log.add(created(message(1)));
  const mark = log.mark();
  log.add(created(message(2)));
  log.add(created(message(3)));
  expect(log.since(mark)).toHaveLength(2);
  expect(log.since(log.mark())).toHaveLength(0);
});
