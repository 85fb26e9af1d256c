// What differs between two versions, in the words of the pages.

import { same } from "./errors";
import type { Policy, RoutingRules } from "./types";

export const POLICY_PARTS: Readonly<Record<keyof Policy, string>> = {
  strategy: "who is next",
  channels: "channels",
  max_waiting: "how many may wait",
  overflow: "what happens when it is full",
  max_wait_seconds: "how long one may wait",
  timed_out_text: "text when the time is up",
  fallback: "fallback chain",
  hours: "opening hours",
  offer_seconds: "handing out chats",
  tell_position: "place in line",
  first_reply: "when the agent doesn't answer",
  silence: "when the customer doesn't answer",
  hold_seconds: "hold",
  wrap_up: "wrap-up",
};

export const RULE_PARTS: Readonly<Record<keyof RoutingRules, string>> = {
  caps: "how many chats at once",
  sticky: "sticky agent",
  presence: "lost connections",
  transfer: "transfers",
  left_holds_slot: "what counts as a chat",
  resume_over_cap: "resuming held chats",
  zone: "time zone",
  break_reasons: "break reasons",
};

/** The names of the parts that differ, in the order of the pages. */
export function changedParts<T extends object>(
  before: T,
  after: T,
  parts: Readonly<Partial<Record<keyof T, string>>>,
): string[] {
  const names = Object.keys(parts) as (keyof T)[];
  return names.filter((name) => !same(before[name], after[name])).map((name) => parts[name] ?? "");
}
