import { describe, expect, test } from "vitest";
import {
  alertFor,
  isInView,
  TAB_GONE_AFTER,
  type Toast,
  withAlert,
  withNotice,
  withoutChat,
  withoutKey,
} from "../src/state/notify";
import { changed, chat, created, ME, message } from "./make";

describe("an alert", () => {
  test("comes for a customer's message in my chat", () => {
    expect(alertFor(created(message(6), chat({ last_seq: 6 })), ME, chat())).toMatchObject({
      kind: "message",
      text: "text 6",
      name: "Maria",
    });
  });

  test("comes for a chat that was assigned to me", () => {
    const { owner: _, ...queued } = chat({ phase: "queued" });
    expect(alertFor(changed("chat.assigned", chat()), ME, undefined)?.kind).toBe("chat");
    expect(alertFor(changed("chat.assigned", chat()), ME, queued)?.kind).toBe("chat");
  });

  const offer = { id: "o1", agent: { id: ME, name: "Ada" }, expires_at: "2026-11-25T10:01:00Z" };
  const { owner: _owner, ...waiting } = chat({ phase: "queued", offer });

  test("comes once for a chat that is held out to me, and not again when I have accepted it", () => {
    expect(alertFor(changed("chat.offered", waiting), ME, undefined)?.kind).toBe("offer");
    expect(alertFor(changed("chat.updated", waiting), ME, waiting)).toBeUndefined();
    expect(alertFor(changed("chat.offered", { ...waiting, offer: { ...offer, id: "o2" } }), ME, waiting)?.kind).toBe(
      "offer",
    );
    expect(alertFor(changed("chat.assigned", chat()), ME, waiting)).toBeUndefined();
  });

  test("doesn't come for a chat that I hold out to a colleague, or that is held out to one", () => {
    const asked = { ...offer, agent: { id: "ben", name: "Ben" } };
    expect(alertFor(changed("chat.updated", chat({ offer: asked })), ME, chat())).toBeUndefined();
    expect(alertFor(changed("chat.offered", { ...waiting, offer: asked }), ME, undefined)).toBeUndefined();
  });

  const other = chat({ owner: { id: "ben", name: "Ben" } });
  test.each([
    ["my own message", created(message(6, { side: "agent" }), chat()), chat()],
    ["a line of the system", created(message(6, { side: "system" }), chat()), chat()],
    ["a colleague's chat", created(message(6), other), undefined],
    ["a closed chat", created(message(6), chat({ phase: "closed" })), chat()],
    ["a message that was read elsewhere", created(message(4), chat()), chat({ read_seq: 5 })],
    ["a chat that was mine already", changed("chat.assigned", chat()), chat()],
    ["a chat assigned to a colleague", changed("chat.assigned", other), undefined],
    ["a change of a chat", changed("chat.updated", chat()), chat()],
  ])("doesn't come for %s", (_, event, known) => {
    expect(alertFor(event, ME, known)).toBeUndefined();
  });
});

describe("pop-ups", () => {
  const alert = alertFor(created(message(6), chat()), ME, chat());
  if (!alert) throw new Error("no alert");

  test("are collapsed per chat, the newest first", () => {
    let toasts: readonly Toast[] = [];
    toasts = withAlert(toasts, alert, 1);
    toasts = withAlert(toasts, { ...alert, chatId: "b" }, 2);
    toasts = withAlert(toasts, { ...alert, text: "again" }, 3);
    expect(toasts.map((toast) => [toast.chatId, "count" in toast && toast.count, toast.text])).toEqual([
      ["a", 2, "again"],
      ["b", 1, "text 6"],
    ]);
  });

  test("a new chat stays a new chat while its customer goes on writing", () => {
    const first = withAlert([], { ...alert, kind: "chat" }, 1);
    expect(withAlert(first, alert, 2)[0]?.kind).toBe("chat");
  });

  test("an offer makes none: it has a place of its own", () => {
    expect(withAlert([], { ...alert, kind: "offer" }, 1)).toEqual([]);
  });

  test("a notice stands beside its chat's messages, and is told once", () => {
    const notice = { chatId: "a", name: "Maria", text: "Maria waits for your first reply", at: 2 };
    const both = withNotice(withAlert([], alert, 1), notice);
    expect(both.map((toast) => toast.kind)).toEqual(["notice", "message"]);
    expect(withNotice(both, { ...notice, at: 3 })).toHaveLength(2);
    expect(withoutKey(both, "a").map((toast) => toast.kind)).toEqual(["notice"]);
    expect(withoutChat(both, "a")).toEqual([]);
  });

  test("never fill the screen", () => {
    const many = ["1", "2", "3", "4", "5", "6"].reduce<readonly Toast[]>(
      (toasts, id) => withAlert(toasts, { ...alert, chatId: id }, 1),
      [],
    );
    expect(many).toHaveLength(4);
  });

  test("go when their chat is opened", () => {
    const toasts = withAlert([], alert, 1);
    expect(withoutChat(toasts, "a")).toEqual([]);
    expect(withoutChat(toasts, "b")).toBe(toasts);
  });
});

test("a chat is in view while a tab that is still there shows it", () => {
  const tab = { tab: "t", inView: "a", visible: true, at: 1_000 };
  expect(isInView([tab], "a", 2_000)).toBe(true);
  expect(isInView([tab], "b", 2_000)).toBe(false);
  expect(isInView([tab], "a", 1_000 + TAB_GONE_AFTER)).toBe(false);
});
