// Texts as screens show them: links found, canned replies matched. Nothing here makes HTML.

import type { CannedReply } from "../api/types";

export type Part = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

const LINK = /\bhttps?:\/\/[^\s<>"']+/giu;
// Punctuation that ends the sentence, not the address.
const TRAILING = /[.,;:!?…»”’]+$/u;

function trimmedLink(found: string): string {
  let link = found.replace(TRAILING, "");
  // A closing bracket belongs to the link only when its opening one does.
  while (link.endsWith(")") && link.split("(").length < link.split(")").length) {
    link = link.slice(0, -1).replace(TRAILING, "");
  }
  return link;
}

function safeHref(link: string): string | undefined {
  try {
    const url = new URL(link);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** Splits a text into plain parts and web links. Joined again, the parts are the text, character for character. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const link = trimmedLink(match[0]);
    const href = safeHref(link);
    if (!href) continue;
    if (match.index > from) parts.push({ kind: "text", text: text.slice(from, match.index) });
    parts.push({ kind: "link", text: link, href });
    from = match.index + link.length;
  }
  if (from < text.length) parts.push({ kind: "text", text: text.slice(from) });
  return parts;
}

/** The canned-reply word being typed before the caret: "/ref" gives "ref"; `undefined` when none is. */
export function cannedQuery(text: string, caret: number): string | undefined {
  return /(?:^|\s)\/(\S*)$/u.exec(text.slice(0, caret))?.[1];
}

/** The replies that match what was typed, those whose shortcut starts with it first. */
export function matchCanned(replies: readonly CannedReply[], query: string): CannedReply[] {
  const wanted = query.toLocaleLowerCase();
  const starts = (reply: CannedReply) => reply.shortcut.replace(/^\//, "").toLocaleLowerCase().startsWith(wanted);
  const holds = (reply: CannedReply) => `${reply.title} ${reply.text}`.toLocaleLowerCase().includes(wanted);
  return [...replies.filter(starts), ...replies.filter((reply) => !starts(reply) && holds(reply))];
}

/** The text with the typed canned word replaced by the reply, and where the caret goes. */
export function insertCanned(text: string, caret: number, reply: CannedReply): { text: string; caret: number } {
  const query = cannedQuery(text, caret) ?? "";
  const head = text.slice(0, caret - query.length - 1) + reply.text;
  return { text: head + text.slice(caret), caret: head.length };
}
