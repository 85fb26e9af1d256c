// The tree of dispositions: built from the flat list, opened, searched and walked by pure functions.

import type { Disposition } from "../api/types";

export interface TreeNode {
  item: Disposition;
  /** From 1 at the top. */
  level: number;
  /** Names from the top down to this one. */
  path: readonly string[];
  parent: TreeNode | undefined;
  children: TreeNode[];
}

const DEEPEST = 3;

/** The tree of a flat list, each level by position and name. A child whose parent isn't in the list stands at the top. */
export function buildTree(items: readonly Disposition[]): TreeNode[] {
  const known = new Set(items.map((item) => item.id));
  const below = new Map<string, Disposition[]>();
  for (const item of items) {
    const parent = item.parent_id && known.has(item.parent_id) && item.parent_id !== item.id ? item.parent_id : "";
    below.set(parent, [...(below.get(parent) ?? []), item]);
  }
  const grow = (id: string, level: number, parent: TreeNode | undefined): TreeNode[] => {
    if (level > DEEPEST) return [];
    const siblings = (below.get(id) ?? []).toSorted((a, b) => a.position - b.position || a.name.localeCompare(b.name));
    return siblings.map((item) => {
      const path = [...(parent?.path ?? []), item.name];
      const node: TreeNode = { item, level, path, parent, children: [] };
      node.children = grow(item.id, level + 1, node);
      return node;
    });
  };
  return grow("", 1, undefined);
}

/** Every node, parents before their children. */
export function allNodes(roots: readonly TreeNode[]): TreeNode[] {
  return roots.flatMap((node) => [node, ...allNodes(node.children)]);
}

/** A node that ends a branch is what a chat can end with; the others only lead to them. */
export const isLeaf = (node: TreeNode) => node.children.length === 0;

export function findNode(roots: readonly TreeNode[], id: string | undefined): TreeNode | undefined {
  return id === undefined ? undefined : allNodes(roots).find((node) => node.item.id === id);
}

/** The ids of all nodes above one. */
export function ancestors(node: TreeNode | undefined): string[] {
  const ids: string[] = [];
  for (let above = node?.parent; above; above = above.parent) ids.push(above.item.id);
  return ids;
}

const folded = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();

/** Tells whether every word of the query begins somewhere in the node's path: "ref dam" finds Refund › Damaged. */
export function matches(node: TreeNode, query: string): boolean {
  const path = folded(node.path.join(" "));
  return folded(query)
    .split(/\s+/)
    .filter((word) => word !== "")
    .every((word) => path.includes(word));
}

/** The rows to show: the opened part of the tree, or while searching the leaves that match. */
export function visibleRows(roots: readonly TreeNode[], open: ReadonlySet<string>, query: string): TreeNode[] {
  if (query.trim() !== "") return allNodes(roots).filter((node) => isLeaf(node) && matches(node, query));
  const shown = (nodes: readonly TreeNode[]): TreeNode[] =>
    nodes.flatMap((node) => [node, ...(open.has(node.item.id) ? shown(node.children) : [])]);
  return shown(roots);
}

/** What a key does in the tree. */
export type Move = { active: string | undefined; open?: string; shut?: string };

/** Where an arrow key leads from a row, as the tree pattern has it: right opens and goes in, left shuts and goes out. */
export function moveIn(
  rows: readonly TreeNode[],
  active: string | undefined,
  open: ReadonlySet<string>,
  key: string,
): Move {
  const at = rows.findIndex((node) => node.item.id === active);
  const node = rows[at];
  const to = (next: TreeNode | undefined): Move => ({ active: next?.item.id ?? active });
  switch (key) {
    case "ArrowDown":
      return to(rows[Math.min(rows.length - 1, at + 1)]);
    case "ArrowUp":
      return to(rows[Math.max(0, at < 0 ? rows.length - 1 : at - 1)]);
    case "ArrowRight":
      if (!node || isLeaf(node)) return { active };
      return open.has(node.item.id) ? to(node.children[0]) : { active, open: node.item.id };
    case "ArrowLeft":
      if (!node) return { active };
      return open.has(node.item.id) ? { active, shut: node.item.id } : to(node.parent);
    default:
      return { active };
  }
}
