// Who is signed in. Without a session the sign-in page stands at the same address, so that signing in returns to it.

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { Problem, setUnauthorizedHandler } from "../api/client";
import { api } from "../api/endpoints";
import type { Me } from "../api/types";
import { keys } from "./cache";

export interface Session {
  state: "loading" | "failed" | "out" | "in";
  me: Me | undefined;
  problem: Problem | undefined;
  /** A session was there and ended without this person asking for it. */
  ended: boolean;
  signIn(email: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  retry(): void;
}

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("tandem.session");

async function fetchMe(signal: AbortSignal): Promise<Me | null> {
  try {
    return await api.me(signal);
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 401) return null;
    throw problem;
  }
}

function forget(client: QueryClient): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.me[0] });
}

export function useSession(): Session {
  const client = useQueryClient();
  const [ended, setEnded] = useState(false);
  const query = useQuery({ queryKey: keys.me, queryFn: ({ signal }) => fetchMe(signal) });

  useEffect(() => {
    setUnauthorizedHandler(() => {
      if (client.getQueryData<Me | null>(keys.me)) setEnded(true);
      client.setQueryData(keys.me, null);
      forget(client);
    });
    if (!channel) return;
    // Another tab signed in or out: the cookie is shared, so who we are has changed here too.
    channel.onmessage = () => void client.invalidateQueries({ queryKey: keys.me });
    return () => {
      channel.onmessage = null;
    };
  }, [client]);

  const signIn = useCallback(
    async (email: string, password: string) => {
      await api.login(email, password);
      const me = await api.me();
      forget(client);
      setEnded(false);
      client.setQueryData(keys.me, me);
      channel?.postMessage("in");
    },
    [client],
  );

  const signOut = useCallback(async () => {
    await api.logout();
    setEnded(false);
    client.setQueryData(keys.me, null);
    forget(client);
    channel?.postMessage("out");
  }, [client]);

  const me = query.data ?? undefined;
  const state = me ? "in" : query.data === null ? "out" : query.isError ? "failed" : "loading";
  return {
    state,
    me,
    problem: query.error instanceof Problem ? query.error : undefined,
    ended,
    signIn,
    signOut,
    retry: () => void query.refetch(),
  };
}
