import { expect, test } from "vitest";
import { parseRoute, pathOf } from "../src/state/route";

const chats = { page: "chats", chatId: undefined, view: "mine", settings: "" } as const;

test.each([
  ["/", "", chats],
  ["/chats/a%2Fb", "", { ...chats, chatId: "a/b" }],
  ["/chats/a", "?view=waiting", { ...chats, chatId: "a", view: "waiting" }],
  ["/", "?view=nonsense", chats],
  ["/board", "", { ...chats, page: "board" }],
  ["/settings", "", { ...chats, page: "settings" }],
  ["/settings/", "", { ...chats, page: "settings" }],
  ["/settings/queues/0193/", "", { ...chats, page: "settings", settings: "queues/0193" }],
  ["/settingsfoo", "", chats],
  ["/nowhere/else", "", chats],
] as const)("%s%s is a place", (path, search, route) => {
  expect(parseRoute(path, search)).toEqual(route);
});

test.each(["/", "/?view=all", "/chats/a%2Fb", "/chats/a?view=waiting", "/board", "/settings", "/settings/queues/0193"])(
  "%s is the address of what it means",
  (address) => {
    const [path = "", search = ""] = address.split("?");
    expect(pathOf(parseRoute(path, search === "" ? "" : `?${search}`))).toBe(address);
  },
);
