// Hooks for where a chat came from and where it may go: its story, the customer's own agent, agents, queues, rules.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api } from "../api/endpoints";
import type { Me } from "../api/types";
import { isZone, ownZone } from "../state/zone";
import { texts } from "../texts";
import { keys } from "./cache";

/** Why a chat came where it is. */
export function useRouting(chatId: string) {
  return useQuery({ queryKey: keys.routing(chatId), queryFn: () => api.routing(chatId), staleTime: 0 });
}

/** The agent the customer comes back to; null when there is none. */
export function useSticky(customerId: string) {
  return useQuery({ queryKey: keys.sticky(customerId), queryFn: () => api.sticky(customerId), staleTime: 0 });
}

/** Sets or clears the agent a customer comes back to. Throws a Problem. */
export function useSetSticky(customerId: string) {
  const client = useQueryClient();
  return useCallback(
    async (userId: string | undefined) => {
      if (userId === undefined) await api.clearSticky(customerId);
      else await api.setSticky(customerId, userId);
      await client.invalidateQueries({ queryKey: keys.sticky(customerId) });
    },
    [client, customerId],
  );
}

/** Who takes chats, with state and load, kept by the stream; `every` (ms) fetches them again while they are shown. */
export function useAgents(enabled = true, every?: number) {
  return useQuery({
    queryKey: keys.agents,
    queryFn: api.agents,
    enabled,
    staleTime: 10_000,
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
}

export function useQueues(enabled = true) {
  return useQuery({ queryKey: keys.queues, queryFn: api.queues, enabled, staleTime: 60_000 });
}

const FOLLOW_UPS_EVERY_MS = 30_000;

/** What was promised to customers and isn't done. No event tells of them. */
export function useFollowUps() {
  return useQuery({
    queryKey: keys.followUps,
    queryFn: () => api.followUps(),
    staleTime: 10_000,
    refetchInterval: FOLLOW_UPS_EVERY_MS,
  });
}

/** What the account lets everybody choose from; the session's own query fetches it. */
function useMe(): Me | undefined {
  return useQuery<Me | null>({ queryKey: keys.me, enabled: false }).data ?? undefined;
}

/** Why an agent may go on a break. */
export function useBreakReasons(): readonly string[] {
  const reasons = useMe()?.break_reasons;
  return reasons && reasons.length > 0 ? reasons : texts.status.reasons;
}

/** The time zone callbacks are promised in unless another is chosen. */
export function useZone(): string {
  const zone = useMe()?.zone;
  return zone && isZone(zone) ? zone : ownZone();
}
