// Changing an agent's state: my own, or as a supervisor another's.

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Problem } from "../api/client";
import { api } from "../api/endpoints";
import type { StatusChange, User } from "../api/types";
import { serverNow } from "../state/clock";
import { keys, setUser } from "./cache";
import { useLive } from "./live";

export const messageOf = (cause: unknown) => (cause instanceof Problem ? cause.message : String(cause));

/** The user as the change will leave them, as far as this screen can know. */
function expected(user: User, change: StatusChange): User {
  const { status_reason: _, next_status: _s, next_reason: _r, ...rest } = user;
  const reason = change.reason ? { status_reason: change.reason } : {};
  if (change.when === "after_chats" && change.status !== "available") {
    const kept = user.status_reason ? { status_reason: user.status_reason } : {};
    return { ...rest, ...kept, next_status: change.status, next_reason: change.reason ?? "" };
  }
  const since = new Date(serverNow()).toISOString();
  return { ...rest, ...reason, status: change.status, status_since: since };
}

/** Sets my status: shown at once, taken back when it fails. */
export function useSetStatus() {
  const client = useQueryClient();
  const { user } = useLive();
  const [problem, setProblem] = useState<string>();
  const set = useCallback(
    async (change: StatusChange) => {
      setProblem(undefined);
      setUser(client, expected(user, change));
      try {
        setUser(client, await api.setStatus(change));
      } catch (cause) {
        setUser(client, user);
        setProblem(messageOf(cause));
      }
      // A change may have brought chats, or handed them over.
      void client.invalidateQueries({ queryKey: keys.lists });
    },
    [client, user],
  );
  return { set, problem, clearProblem: useCallback(() => setProblem(undefined), []) };
}

/** Sets another agent's status. Throws a Problem. */
export function useSetAgentStatus() {
  const client = useQueryClient();
  return useCallback(
    async (agent: User, change: StatusChange) => {
      setUser(client, await api.setAgentStatus(agent.id, change));
    },
    [client],
  );
}
