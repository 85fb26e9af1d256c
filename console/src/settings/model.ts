// Policies and rules with nothing missing: the API leaves out what is empty, forms want it there.

import type { ChannelType } from "../api/types";
import type { Hours, Policy, RoutingRules, Span, Step, StickyRules } from "./types";

export const CHANNEL_TYPES: readonly ChannelType[] = ["sms", "whatsapp", "webchat", "messenger", "x"];

/** What the API may leave out or give as null, at any depth. */
export type Sparse<T> = T extends readonly (infer U)[]
  ? readonly Sparse<U>[] | null
  : T extends object
    ? { [K in keyof T]?: Sparse<T[K]> | null | undefined }
    : T;

const NO_STEP: Step = { after_seconds: 0, action: "" };

function stepFrom(raw: Sparse<Step> | null | undefined): Step {
  if (!raw) return NO_STEP;
  return {
    after_seconds: raw.after_seconds ?? 0,
    action: raw.action ?? "",
    ...(raw.queue ? { queue: raw.queue } : {}),
    ...(raw.queues ? { queues: [...raw.queues] } : {}),
    ...(raw.text ? { text: raw.text } : {}),
    ...(raw.users ? { users: [...raw.users] } : {}),
    ...(raw.url ? { url: raw.url } : {}),
    ...(raw.callback_minutes ? { callback_minutes: raw.callback_minutes } : {}),
  };
}

const spansFrom = (raw: Sparse<Span[]> | null | undefined): Span[] =>
  (raw ?? []).map((span) => ({ from: span.from ?? "", to: span.to ?? "" }));

function hoursFrom(raw: Sparse<Hours> | null | undefined): Hours | null {
  if (!raw) return null;
  return {
    zone: raw.zone ?? "",
    week: Array.from({ length: 7 }, (_, day) => spansFrom(raw.week?.[day])),
    holidays: (raw.holidays ?? []).map((day) => ({
      date: day.date ?? "",
      name: day.name ?? "",
      spans: spansFrom(day.spans),
      closed: stepFrom(day.closed),
    })),
    closed: stepFrom(raw.closed),
  };
}

/** A whole policy from what the API gave. */
export function policyFrom(raw: Sparse<Policy> | null | undefined): Policy {
  return {
    strategy: raw?.strategy || "longest_idle",
    channels: [...(raw?.channels ?? [])],
    max_waiting: raw?.max_waiting ?? 0,
    overflow: stepFrom(raw?.overflow),
    max_wait_seconds: raw?.max_wait_seconds ?? 0,
    timed_out_text: raw?.timed_out_text ?? "",
    fallback: (raw?.fallback ?? []).map(stepFrom),
    hours: hoursFrom(raw?.hours),
    offer_seconds: raw?.offer_seconds ?? 0,
    tell_position: raw?.tell_position ?? "",
    first_reply: (raw?.first_reply ?? []).map((step) => ({
      after_seconds: step.after_seconds ?? 0,
      action: step.action ?? "remind",
    })),
    silence: (raw?.silence ?? []).map((step) => ({
      after_seconds: step.after_seconds ?? 0,
      action: step.action ?? "warn",
      text: step.text ?? "",
    })),
    hold_seconds: raw?.hold_seconds ?? 0,
    wrap_up: {
      seconds: raw?.wrap_up?.seconds ?? 0,
      ...(raw?.wrap_up?.disposition ? { disposition: raw.wrap_up.disposition } : {}),
      exclusive: raw?.wrap_up?.exclusive ?? false,
    },
  };
}

function perChannel<T extends boolean | number>(
  raw: { readonly [K in ChannelType]?: T | null | undefined } | null | undefined,
): Partial<Record<ChannelType, T>> {
  const found: Partial<Record<ChannelType, T>> = {};
  for (const type of CHANNEL_TYPES) {
    const value = raw?.[type];
    if (value !== undefined && value !== null) found[type] = value;
  }
  return found;
}

function stickyFrom(raw: Sparse<StickyRules> | null | undefined): StickyRules {
  return {
    enabled: raw?.enabled ?? false,
    channels: perChannel(raw?.channels),
    on_first_reply: raw?.on_first_reply ?? false,
    expires_hours: raw?.expires_hours ?? 0,
    follows_transfer: raw?.follows_transfer ?? false,
    wait_seconds: raw?.wait_seconds ?? 0,
    break_seconds: raw?.break_seconds ?? 0,
  };
}

/** The account's whole rules from what the API gave. */
export function rulesFrom(raw: Sparse<RoutingRules> | null | undefined): RoutingRules {
  return {
    caps: { per_agent: raw?.caps?.per_agent ?? 0, per_channel: perChannel(raw?.caps?.per_channel) },
    sticky: stickyFrom(raw?.sticky),
    presence: { grace_seconds: raw?.presence?.grace_seconds ?? 0 },
    transfer: { accept_seconds: raw?.transfer?.accept_seconds ?? 0 },
    left_holds_slot: raw?.left_holds_slot ?? false,
    resume_over_cap: raw?.resume_over_cap ?? false,
    zone: raw?.zone ?? "",
    break_reasons: [...(raw?.break_reasons ?? [])],
  };
}

/** Whether any channel uses sticky agents. */
export function usesSticky(sticky: StickyRules): boolean {
  return sticky.enabled || Object.values(sticky.channels).some((on) => on);
}

/** A copy without one key; exact optional properties can't be set to undefined. */
export function without<T extends object, K extends keyof T>(from: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = from;
  return rest;
}

/** A copy of a map by channel with one entry set, or taken out by undefined. */
export function withChannel<T>(
  map: Partial<Record<ChannelType, T>>,
  type: ChannelType,
  value: T | undefined,
): Partial<Record<ChannelType, T>> {
  const next = { ...map };
  if (value === undefined) delete next[type];
  else next[type] = value;
  return next;
}
