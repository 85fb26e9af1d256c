import { describe, expect, test } from "vitest";
import { countSms } from "../src/state/sms";
import { cannedQuery, insertCanned, matchCanned, partsOf } from "../src/state/text";
import { dayOf, elapsed } from "../src/state/time";

describe("SMS segments", () => {
  test.each([
    ["", "GSM-7", 0, 160],
    ["a".repeat(160), "GSM-7", 1, 0],
    ["a".repeat(161), "GSM-7", 2, 145],
    ["a".repeat(306), "GSM-7", 2, 0],
    ["a".repeat(307), "GSM-7", 3, 152],
    ["€".repeat(80), "GSM-7", 1, 0],
    ["é ü ñ Ω", "GSM-7", 1, 153],
    ["ž", "UCS-2", 1, 69],
    ["’".repeat(70), "UCS-2", 1, 0],
    ["’".repeat(71), "UCS-2", 2, 63],
    ["🙂", "UCS-2", 1, 68],
  ])("%s", (text, encoding, segments, left) => {
    expect(countSms(text)).toEqual({ encoding, segments, left });
  });

  test("a two-unit character isn't cut at the border of two segments", () => {
    const text = `${"a".repeat(152)}€${"a".repeat(152)}`;
    expect(countSms(text)).toEqual({ encoding: "GSM-7", segments: 3, left: 152 });
  });
});

describe("links", () => {
  const links = (text: string) => partsOf(text).filter((part) => part.kind === "link");

  test.each([
    ["see https://a.example/x.", "https://a.example/x"],
    ["(https://a.example/x)", "https://a.example/x"],
    ["https://en.wikipedia.example/wiki/A_(b)", "https://en.wikipedia.example/wiki/A_(b)"],
    ["HTTPS://A.example/?q=1&r=2!", "HTTPS://A.example/?q=1&r=2"],
  ])("%s", (text, link) => {
    expect(links(text).map((part) => part.text)).toEqual([link]);
  });

  test.each([["javascript:alert(1)"], ["data:text/html,x"], ["ftp://a.example"], ["www.a.example"], ["https://"]])(
    "%s is no link",
    (text) => {
      expect(links(text)).toEqual([]);
    },
  );

  test.each([["plain"], ["a https://a.example/x, b\n http://b.example (c)"], [""], ["<b>https://x.example</b>"]])(
    "the parts of %j are the text",
    (text) => {
      expect(
        partsOf(text)
          .map((part) => part.text)
          .join(""),
      ).toBe(text);
    },
  );
});

describe("canned replies", () => {
  const replies = [
    { id: "1", shortcut: "hello", title: "Greeting", text: "Hello! How can I help?" },
    { id: "2", shortcut: "/refund", title: "Refund", text: "It takes five days." },
  ];

  test("open at a slash that begins a word", () => {
    expect(cannedQuery("/re", 3)).toBe("re");
    expect(cannedQuery("Hi /", 4)).toBe("");
    expect(cannedQuery("and/or", 6)).toBeUndefined();
    expect(cannedQuery("/re done", 8)).toBeUndefined();
  });

  test("match by shortcut first, then by title and text", () => {
    expect(matchCanned(replies, "re").map((reply) => reply.id)).toEqual(["2", "1"]);
    expect(matchCanned(replies, "five").map((reply) => reply.id)).toEqual(["2"]);
    expect(matchCanned(replies, "zzz")).toEqual([]);
  });

  test("take the place of what was typed and keep the rest", () => {
    const [, refund] = replies;
    if (!refund) throw new Error("no reply");
    expect(insertCanned("Hi /re and bye", 6, refund)).toEqual({ text: "Hi It takes five days. and bye", caret: 22 });
  });
});

describe("times", () => {
  const now = Date.parse("2026-11-25T12:00:00Z");
  test.each([
    [0, "0:00"],
    [7_900, "0:07"],
    [760_000, "12:40"],
    [3_723_000, "1:02:03"],
    [90_000_000, "1 d 1 h"],
    [-5_000, "0:00"],
  ])("%d ms is %s", (ms, text) => {
    expect(elapsed(new Date(now - ms).toISOString(), now)).toBe(text);
  });

  test("days have names near now", () => {
    const noon = new Date(2026, 10, 25, 12).getTime();
    expect(dayOf(new Date(2026, 10, 25, 1).toISOString(), noon)).toBe("Today");
    expect(dayOf(new Date(2026, 10, 24, 23).toISOString(), noon)).toBe("Yesterday");
  });
});
