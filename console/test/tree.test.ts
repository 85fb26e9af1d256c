import { describe, expect, test } from "vitest";
import {
  allNodes,
  ancestors,
  buildTree,
  findNode,
  matches,
  moveIn,
  type TreeNode,
  visibleRows,
} from "../src/state/tree";
import { disposition } from "./make";

const roots = buildTree([
  disposition("Refund", undefined, { position: 2 }),
  disposition("Resolved", undefined, { position: 1 }),
  disposition("Damaged", "Refund", { position: 1 }),
  disposition("Late", "Refund", { position: 2 }),
  disposition("On arrival", "Damaged"),
  disposition("Später", "Damaged", { position: 1 }),
]);
const ids = (rows: readonly TreeNode[]) => rows.map((node) => node.item.id);
const none: ReadonlySet<string> = new Set();

describe("the tree", () => {
  test("has each level by position, and knows its paths", () => {
    expect(ids(allNodes(roots))).toEqual(["Resolved", "Refund", "Damaged", "On arrival", "Später", "Late"]);
    const arrival = findNode(roots, "On arrival");
    expect(arrival?.path).toEqual(["Refund", "Damaged", "On arrival"]);
    expect(arrival?.level).toBe(3);
    expect(ancestors(arrival)).toEqual(["Damaged", "Refund"]);
    expect(ancestors(undefined)).toEqual([]);
  });

  test("shows what has no parent here at the top, and never turns in a circle", () => {
    expect(ids(buildTree([disposition("lost", "elsewhere")]))).toEqual(["lost"]);
    expect(buildTree([disposition("self", "self")])).toHaveLength(1);
    expect(buildTree([disposition("a", "b"), disposition("b", "a")])).toEqual([]);
  });
});

describe("searching", () => {
  const found = (query: string) => ids(visibleRows(roots, none, query));

  test("gives the leaves whose path holds every word, in any order and any case", () => {
    expect(found("dam")).toEqual(["On arrival", "Später"]);
    expect(found("ARR ref")).toEqual(["On arrival"]);
    expect(found("re")).toEqual(["Resolved", "On arrival", "Später", "Late"]);
    expect(found("nothing")).toEqual([]);
  });

  test("doesn't mind accents or blanks around", () => {
    expect(found("  spater ")).toEqual(["Später"]);
    const late = findNode(roots, "Late");
    expect(late && matches(late, "")).toBe(true);
  });

  test("without a word shows the opened part", () => {
    expect(found("")).toEqual(["Resolved", "Refund"]);
    expect(ids(visibleRows(roots, new Set(["Refund"]), " "))).toEqual(["Resolved", "Refund", "Damaged", "Late"]);
    expect(ids(visibleRows(roots, new Set(["Damaged"]), ""))).toEqual(["Resolved", "Refund"]);
  });
});

describe("arrow keys", () => {
  const open: ReadonlySet<string> = new Set(["Refund"]);
  const rows = visibleRows(roots, open, "");
  const go = (from: string | undefined, key: string) => moveIn(rows, from, open, key);

  test("go down and up and stop at the ends", () => {
    expect(go(undefined, "ArrowDown").active).toBe("Resolved");
    expect(go(undefined, "ArrowUp").active).toBe("Late");
    expect(go("Resolved", "ArrowDown").active).toBe("Refund");
    expect(go("Late", "ArrowDown").active).toBe("Late");
    expect(go("Resolved", "ArrowUp").active).toBe("Resolved");
  });

  test("right opens, then goes in; left shuts, then goes out", () => {
    expect(go("Damaged", "ArrowRight")).toEqual({ active: "Damaged", open: "Damaged" });
    expect(go("Refund", "ArrowRight").active).toBe("Damaged");
    expect(go("Late", "ArrowRight")).toEqual({ active: "Late" });
    expect(go("Refund", "ArrowLeft")).toEqual({ active: "Refund", shut: "Refund" });
    expect(go("Late", "ArrowLeft").active).toBe("Refund");
    expect(go("Resolved", "ArrowLeft").active).toBe("Resolved");
  });
});
