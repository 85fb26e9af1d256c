import { describe, expect, test } from "vitest";
import {
  byQueueTime,
  type ChatList,
  chatAfter,
  grouped,
  inOrder,
  joinPages,
  linesOf,
  listAfter,
  longestSince,
  neighbour,
  offersTo,
  openAndClosed,
  ownedBy,
  unreadOf,
} from "../src/state/chats";
import { changed, chat, created, ME, message } from "./make";

const list = (...items: ChatList["items"]): ChatList => ({ items, next: "" });
const other = { id: "ben", name: "Ben" };

describe("my list", () => {
  test("takes a chat that was assigned to me and leaves one that wasn't", () => {
    expect(listAfter(list(), "mine", changed("chat.assigned", chat()), ME).items).toHaveLength(1);
    expect(listAfter(list(), "mine", changed("chat.assigned", chat({ owner: other })), ME).items).toHaveLength(0);
  });

  test("drops a chat that was closed or went to a colleague", () => {
    const gone = chat({ phase: "closed", last_seq: 6 });
    expect(listAfter(list(chat()), "mine", changed("chat.closed", gone), ME).items).toEqual([]);
    const taken = chat({ owner: other, last_seq: 6 });
    expect(listAfter(list(chat()), "mine", changed("chat.updated", taken), ME).items).toEqual([]);
  });

  test("keeps the newer state whatever order the news comes in", () => {
    const newer = chat({ last_seq: 9, unread: 2 });
    const older = changed("chat.updated", chat({ last_seq: 7, unread: 1 }));
    expect(listAfter(list(newer), "mine", older, ME).items).toEqual([newer]);
  });

  test("a chat read here doesn't become unread again by older news", () => {
    const read = chat({ last_seq: 9, read_seq: 9, unread: 0 });
    const before = changed("chat.updated", chat({ last_seq: 9, read_seq: 5, unread: 2 }));
    expect(listAfter(list(read), "mine", before, ME).items[0]?.unread).toBe(0);
  });

  test("an event about nothing here changes nothing, not even the object", () => {
    const mine = list(chat());
    const elsewhere = created(message(6, { chat_id: "elsewhere" }));
    expect(listAfter(mine, "mine", elsewhere, ME)).toBe(mine);
    expect(listAfter(mine, "mine", { type: "waiting.changed", id: 1, cursor: "" }, ME)).toBe(mine);
  });
});

describe("a message without its chat", () => {
  test("of the customer counts as unread and starts the waiting time once", () => {
    const once = chatAfter(chat(), created(message(6, { created_at: "2026-11-25T10:06:00Z" })));
    const twice = chatAfter(once, created(message(7, { created_at: "2026-11-25T10:07:00Z" })));
    expect(twice).toMatchObject({ unread: 2, waiting_since: "2026-11-25T10:06:00Z", last_seq: 7 });
    expect(twice.last_message?.text).toBe("text 7");
  });

  test("of the agent ends the waiting", () => {
    const waiting = chat({ waiting_since: "2026-11-25T10:06:00Z" });
    expect(chatAfter(waiting, created(message(6, { side: "agent" }))).waiting_since).toBeUndefined();
  });

  test("a note changes neither the preview nor the waiting", () => {
    const waiting = chat({ waiting_since: "2026-11-25T10:06:00Z" });
    const after = chatAfter(waiting, created(message(6, { side: "agent", kind: "note" })));
    expect(after.waiting_since).toBe("2026-11-25T10:06:00Z");
    expect(after.last_message).toBeUndefined();
  });

  test("told twice counts once", () => {
    const event = created(message(6));
    expect(chatAfter(chatAfter(chat(), event), event).unread).toBe(1);
  });
});

describe("the waiting list", () => {
  test("takes queued chats and drops them once assigned", () => {
    const { owner: _, ...unowned } = chat({ phase: "queued" });
    const waiting = listAfter(list(), "waiting", changed("chat.queued", unowned), ME);
    expect(waiting.items).toHaveLength(1);
    const assigned = changed("chat.assigned", chat({ last_seq: 6, owner: other }));
    expect(listAfter(waiting, "waiting", assigned, ME).items).toHaveLength(0);
  });

  test("has the oldest first", () => {
    const late = chat({ id: "late", queued_at: "2026-11-25T11:00:00Z" });
    expect(byQueueTime([late, chat()]).map((each) => each.id)).toEqual(["a", "late"]);
  });
});

describe("groups", () => {
  const reply = (id: string, since: string) => chat({ id, waiting_since: since });
  const left = chat({ id: "left", phase: "customer_left", waiting_since: "2026-11-25T09:00:00Z" });

  test("a customer who left is there whatever they wrote last", () => {
    expect(grouped([left]).customerLeft).toEqual([left]);
  });

  test("the longest waiting customer stands first", () => {
    const items = [reply("b", "2026-11-25T10:05:00Z"), left, reply("c", "2026-11-25T10:01:00Z"), chat({ id: "idle" })];
    expect(inOrder(items).map((each) => each.id)).toEqual(["c", "b", "idle", "left"]);
  });

  test("next and previous go round", () => {
    const order = [chat({ id: "1" }), chat({ id: "2" })];
    expect(neighbour(order, "2", 1)?.id).toBe("1");
    expect(neighbour(order, "1", -1)?.id).toBe("2");
    expect(neighbour(order, undefined, 1)?.id).toBe("1");
    expect(neighbour([], "1", 1)).toBeUndefined();
  });

  test("unread is the sum", () => {
    expect(unreadOf([chat({ unread: 2 }), chat({ unread: 3 })])).toBe(5);
  });
});

test("a further page is joined without doubles", () => {
  const joined = joinPages({ items: [chat()], next: "x" }, list(chat({ unread: 9 }), chat({ id: "b" })));
  expect(joined.items.map((each) => [each.id, each.unread])).toEqual([
    ["a", 0],
    ["b", 0],
  ]);
  expect(joined.next).toBe("");
});

describe("offers", () => {
  const offer = (agent: string, expires = "2026-11-25T10:01:00Z") => ({
    id: `o-${agent}`,
    agent: { id: agent, name: agent },
    expires_at: expires,
  });
  const { owner: _, ...queued } = chat({ id: "q", phase: "queued", offer: offer(ME) });

  test("held out to me join my list, apart from my own chats", () => {
    const { items } = listAfter(list(chat()), "mine", changed("chat.offered", queued), ME);
    expect(ownedBy(items, ME).map((each) => each.id)).toEqual(["a"]);
    expect(offersTo(items, ME).map((each) => each.id)).toEqual(["q"]);
  });

  test("leave it when they end, whoever has the chat then", () => {
    const { offer: _o, ...ended } = queued;
    const with1 = list(queued);
    expect(listAfter(with1, "mine", changed("chat.updated", { ...ended, last_seq: 6 }), ME).items).toEqual([]);
    const taken = chat({ id: "q", owner: other, last_seq: 6 });
    expect(listAfter(with1, "mine", changed("chat.assigned", taken), ME).items).toEqual([]);
  });

  test("a chat I hold out to a colleague stays mine until they accept", () => {
    const asked = chat({ offer: offer("ben"), last_seq: 6 });
    const { items } = listAfter(list(chat()), "mine", changed("chat.updated", asked), ME);
    expect(ownedBy(items, ME)).toHaveLength(1);
    expect(offersTo(items, ME)).toHaveLength(0);
    expect(offersTo([asked], "ben")).toHaveLength(1);
    expect(offersTo([chat({ offer: offer(ME) })], ME)).toHaveLength(0);
  });

  test("stand in the order in which they end", () => {
    const late = { ...queued, id: "late", offer: offer(ME, "2026-11-25T10:02:00Z") };
    expect(offersTo([late, queued], ME).map((each) => each.id)).toEqual(["q", "late"]);
  });
});

test("a held chat asks for nothing until it returns", () => {
  const held = chat({ id: "h", held_until: "2026-11-25T11:00:00Z", waiting_since: "2026-11-25T10:00:00Z" });
  const groups = grouped([held, chat()]);
  expect(groups.held.map((each) => each.id)).toEqual(["h"]);
  expect(groups.needsReply).toEqual([]);
  expect(inOrder([held, chat()]).map((each) => each.id)).toEqual(["a", "h"]);
});

test("the list of all has the open ones first, and then what ended, the latest first", () => {
  const closed = (id: string, at: string) => chat({ id, phase: "closed", closed_at: `2026-11-25T1${at}:00:00Z` });
  const all = openAndClosed([closed("x", "0"), chat({ id: "a" }), closed("y", "1")]);
  expect(all.open.map((each) => each.id)).toEqual(["a"]);
  expect(all.closed.map((each) => each.id)).toEqual(["y", "x"]);
});

describe("lines", () => {
  const queues = [
    { id: "q1", name: "Support" },
    { id: "q2", name: "Billing" },
    { id: "q3", name: "Archive" },
  ];
  const waits = (id: string, queue: string, at: string, position?: number) =>
    chat({
      id,
      phase: "queued",
      queue: { id: queue, name: queue },
      queued_at: `2026-11-25T10:0${at}:00Z`,
      ...(position === undefined ? {} : { position }),
    });

  test("put those with somebody waiting first, and know queues that aren't listed", () => {
    const lines = linesOf(queues, [waits("a", "q1", "1"), waits("b", "q9", "2")]);
    expect(lines.map((line) => [line.name, line.chats.length])).toEqual([
      ["q9", 1],
      ["Support", 1],
      ["Archive", 0],
      ["Billing", 0],
    ]);
  });

  test("keep the server's places; a chat whose place isn't known yet comes by its arrival", () => {
    const [line] = linesOf(queues, [waits("c", "q1", "3", 1), waits("a", "q1", "1", 2), waits("b", "q1", "2")]);
    expect(line?.chats.map((each) => each.id)).toEqual(["c", "a", "b"]);
    expect(longestSince(line?.chats ?? [])).toBe("2026-11-25T10:01:00Z");
    expect(longestSince([])).toBeUndefined();
  });
});
