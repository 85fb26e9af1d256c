import { describe, expect, test } from "vitest";
import type { MessageStatus } from "../src/api/types";
import {
  emptyThread,
  newer,
  type Pending,
  type Thread,
  withFailure,
  withMessage,
  withNewestPage,
  withOlderPage,
  withoutPending,
  withPending,
} from "../src/state/thread";
import { message } from "./make";

const page = (...seqs: number[]) => ({ items: seqs.map((seq) => message(seq)), next: "" });
const seqs = (thread: Thread) => thread.items.map((each) => each.seq);
const pending: Pending = { clientId: "k", text: "hello", note: false, createdAt: "2026-11-25T10:05:00Z" };

describe("pages", () => {
  test("a full first page means that there may be earlier messages", () => {
    expect(withNewestPage(emptyThread, page(4, 5, 6), 3).hasOlder).toBe(true);
    expect(withNewestPage(emptyThread, page(5, 6), 3).hasOlder).toBe(false);
  });

  test("earlier pages go on top and the last one ends it", () => {
    const thread = withOlderPage(withNewestPage(emptyThread, page(4, 5, 6), 3), page(2, 3), 3);
    expect(seqs(thread)).toEqual([2, 3, 4, 5, 6]);
    expect(thread.hasOlder).toBe(false);
  });

  test("a refetch that reaches what is known keeps the earlier messages", () => {
    const known = withOlderPage(withNewestPage(emptyThread, page(4, 5, 6), 3), page(1, 2, 3), 3);
    const again = withNewestPage(known, page(6, 7, 8), 3);
    expect(seqs(again)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("a refetch after a gap drops what lies before it, never shows a hole", () => {
    const known = withNewestPage(emptyThread, page(1, 2), 3);
    const again = withNewestPage(known, page(7, 8, 9), 3);
    expect(seqs(again)).toEqual([7, 8, 9]);
    expect(again.hasOlder).toBe(true);
  });
});

describe("messages", () => {
  test("come in any order and stand in theirs, each once", () => {
    const thread = [3, 1, 2, 3].reduce((known, seq) => withMessage(known, message(seq)), emptyThread);
    expect(seqs(thread)).toEqual([1, 2, 3]);
  });

  test("news above the loaded part waits for its page", () => {
    const thread = withNewestPage(emptyThread, page(4, 5, 6), 3);
    expect(seqs(withMessage(thread, message(2)))).toEqual([4, 5, 6]);
  });

  const ladder: MessageStatus[] = ["queued", "sending", "unknown", "sent", "failed", "delivered", "read"];
  test.each(ladder.flatMap((from, low) => ladder.slice(low + 1).map((to) => [from, to] as const)))(
    "%s becomes %s and never goes back",
    (from, to) => {
      const before = message(1, { side: "agent", status: from });
      const after = message(1, { side: "agent", status: to });
      expect(newer(before, after).status).toBe(to);
      expect(newer(after, before).status).toBe(to);
    },
  );
});

describe("what is on its way", () => {
  test("is replaced by the server's message, by event or by answer, whichever is first", () => {
    const sending = withPending(emptyThread, pending);
    const confirmed = withMessage(sending, message(1, { side: "agent", client_id: "k" }));
    expect(confirmed.pending).toEqual([]);
    expect(withMessage(confirmed, message(1, { side: "agent", client_id: "k" })).items).toHaveLength(1);
  });

  test("stays in sight with the reason when it failed", () => {
    const failed = withFailure(withPending(emptyThread, pending), "k", "no connection");
    expect(failed.pending).toEqual([{ ...pending, error: "no connection" }]);
  });

  test("tried again loses its error and goes to the end", () => {
    const two = withPending(withPending(emptyThread, { ...pending, error: "no" }), { ...pending, clientId: "l" });
    expect(withPending(two, pending).pending.map((each) => [each.clientId, each.error])).toEqual([
      ["l", undefined],
      ["k", undefined],
    ]);
  });

  test("isn't shown again once the server has it", () => {
    const known = withMessage(emptyThread, message(1, { side: "agent", client_id: "k" }));
    expect(withPending(known, pending).pending).toEqual([]);
  });

  test("that the server had after all is found by a refetch", () => {
    const failed = withFailure(withPending(emptyThread, pending), "k", "timeout");
    const fetched = { items: [message(1, { side: "agent", client_id: "k" })], next: "" };
    expect(withNewestPage(failed, fetched, 50).pending).toEqual([]);
  });

  test("can be discarded", () => {
    expect(withoutPending(withPending(emptyThread, pending), "k").pending).toEqual([]);
  });
});
