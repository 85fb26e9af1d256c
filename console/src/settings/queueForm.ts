// A queue's page as one form: which requests save it, and on which tab each field stands.

import type { QueueSettings, Rules } from "./api";
import { anyErrorIn, type FieldErrors, same } from "./errors";
import { words } from "./texts";
import type { Member, Policy } from "./types";

export interface QueueForm {
  name: string;
  priority: number;
  members: Member[];
  policy: Policy;
  /** The part of the account's rules that a chain begins with. */
  sticky: { enabled: boolean; wait_seconds: number };
}

export function formOf(queue: QueueSettings, rules: Rules): QueueForm {
  const { enabled, wait_seconds } = rules.rules.sticky;
  return {
    name: queue.name,
    priority: queue.priority,
    members: queue.members,
    policy: queue.policy,
    sticky: { enabled, wait_seconds },
  };
}

/** Which of the requests are needed to get from what is saved to what is in the form. */
export interface Needed {
  base: boolean;
  members: boolean;
  sticky: boolean;
  policy: boolean;
}

export function neededFor(saved: QueueForm, form: QueueForm): Needed {
  return {
    base: saved.name !== form.name || saved.priority !== form.priority,
    members: !same(saved.members, form.members),
    sticky: !same(saved.sticky, form.sticky),
    policy: !same(saved.policy, form.policy),
  };
}

/** What saving does to chats that live now, one sentence per part that changed. */
export function notesOf(saved: QueueForm, form: QueueForm): string[] {
  const needed = neededFor(saved, form);
  return [
    ...(needed.policy ? [words.save.arrivals] : []),
    ...(needed.members ? [words.save.membersAtOnce] : []),
    ...(saved.priority !== form.priority ? [words.save.priorityAtOnce] : []),
    ...(needed.sticky ? [words.save.stickyEverywhere] : []),
  ];
}

export type Tab = keyof typeof words.queues.tabs;

export const TABS = Object.keys(words.queues.tabs) as Tab[];

const PATHS: Readonly<Record<Exclude<Tab, "general">, readonly string[]>> = {
  members: ["members"],
  waiting: [
    "sticky",
    ...["fallback", "max_waiting", "overflow", "max_wait_seconds", "timed_out_text", "tell_position"].map(
      (name) => `policy.${name}`,
    ),
  ],
  chats: ["offer_seconds", "first_reply", "silence", "hold_seconds", "wrap_up"].map((name) => `policy.${name}`),
  hours: ["policy.hours"],
};

/** The tab on which the field of a path stands. */
export function tabOf(path: string): Tab {
  const found = Object.entries(PATHS).find(([, paths]) => anyErrorIn({ [path]: "" }, paths));
  return (found?.[0] as Tab | undefined) ?? "general";
}

/** Where the field of a path stands, in words: "Step 2", "Opening hours". */
export function placeName(path: string): string {
  const step = /^policy\.(fallback|first_reply|silence)\.(\d+)/.exec(path);
  if (step?.[1] === "fallback") return words.chain.step(Number(step[2]) + 1);
  const name = path.split(".")[path.startsWith("policy.") ? 1 : 0] ?? "";
  return NAMES[name] ?? words.queues.tabs[tabOf(path)];
}

const NAMES: Readonly<Record<string, string>> = {
  name: words.queues.name,
  priority: words.queues.priority,
  members: words.queues.tabs.members,
  sticky: words.routing.sticky,
  channels: words.queues.channels,
  strategy: words.queues.strategy,
  max_waiting: words.limits.size,
  overflow: words.limits.overflow,
  max_wait_seconds: words.limits.wait,
  timed_out_text: words.limits.timedOut,
  tell_position: words.limits.place,
  fallback: words.chain.title,
  first_reply: words.chatTab.reply,
  silence: words.chatTab.silence,
  offer_seconds: words.chatTab.offers,
  hold_seconds: words.chatTab.hold,
  wrap_up: words.chatTab.wrap,
};

/** The tabs with something wrong on them. */
export function wrongTabs(errors: FieldErrors): ReadonlySet<Tab> {
  return new Set(Object.keys(errors).map(tabOf));
}
