// What the settings pages fetch, and how it is renewed after a save.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { Problem } from "../api/client";
import { type Preview, settingsApi } from "./api";
import { same } from "./errors";
import type { Policy, RoutingRules } from "./types";

const keys = {
  queues: ["admin", "queues"] as const,
  queue: (id: string) => ["admin", "queue", id] as const,
  policies: (id: string) => ["admin", "policies", id] as const,
  rules: ["admin", "rules"] as const,
  ruleVersions: ["admin", "rule-versions"] as const,
  people: ["admin", "people"] as const,
  dispositions: ["admin", "dispositions"] as const,
};

// A settings page shows what is so now, not what was so when it was last open.
const fresh = { staleTime: 0 } as const;

export const useQueues = () => useQuery({ queryKey: keys.queues, queryFn: settingsApi.queues, ...fresh });
export const useQueue = (id: string) =>
  useQuery({ queryKey: keys.queue(id), queryFn: () => settingsApi.queue(id), ...fresh });
export const useRules = () => useQuery({ queryKey: keys.rules, queryFn: settingsApi.rules, ...fresh });
export const usePeople = () => useQuery({ queryKey: keys.people, queryFn: settingsApi.people, ...fresh });
export const useDispositions = () =>
  useQuery({ queryKey: keys.dispositions, queryFn: settingsApi.dispositions, ...fresh });
export const usePolicies = (id: string, enabled: boolean) =>
  useQuery({ queryKey: keys.policies(id), queryFn: () => settingsApi.policies(id), enabled, ...fresh });
export const useRuleVersions = (enabled: boolean) =>
  useQuery({ queryKey: keys.ruleVersions, queryFn: settingsApi.ruleVersions, enabled, ...fresh });

/** Makes everything that shows settings fetch them again, also outside of the settings pages. */
export function useRenew(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    const shows = new Set(["admin", "settings", "agents", "dispositions"]);
    await client.invalidateQueries({ predicate: (query) => shows.has(String(query.queryKey[0])) });
  }, [client]);
}

const CALM_MS = 400;

interface Subject {
  policy: Policy;
  settings: RoutingRules | undefined;
}

export interface Reading {
  preview: Preview | undefined;
  /** What the preview speaks of. */
  of: Subject | undefined;
  busy: boolean;
  failed: boolean;
}

/** The policy in plain words, asked for once typing has paused. */
export function usePreview(
  queueId: string,
  policy: Policy,
  settings: RoutingRules | undefined,
): Reading & { retry(): void } {
  const [reading, setReading] = useState<Reading>({ preview: undefined, of: undefined, busy: true, failed: false });
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round asks for the same again
  useEffect(() => {
    const stop = new AbortController();
    setReading((before) => ({ ...before, busy: !same(before.of, { policy, settings }) }));
    const timer = setTimeout(async () => {
      try {
        const preview = await settingsApi.preview(
          { queue_id: queueId, policy, ...(settings ? { settings } : {}) },
          stop.signal,
        );
        setReading({
          preview: { sentences: preview.sentences ?? [], errors: preview.errors ?? [] },
          of: { policy, settings },
          busy: false,
          failed: false,
        });
      } catch {
        if (!stop.signal.aborted) setReading((before) => ({ ...before, busy: false, failed: true }));
      }
    }, CALM_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [queueId, policy, settings, round]);
  return { ...reading, retry: () => setRound((n) => n + 1) };
}

/** The sentence of a failure. */
export function sentenceOfCause(cause: unknown): string {
  return cause instanceof Problem ? cause.message : String(cause);
}
