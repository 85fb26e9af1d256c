// Commands on a chat: each answers the chat as it is afterwards, which is shown at once; the stream tells the rest.

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Problem } from "../api/client";
import type { ChatView } from "../api/types";
import { applyEvent, keys } from "./cache";
import { useLive } from "./live";
import { messageOf } from "./status";

/** A command that was refused, in words. */
export interface CommandProblem {
  title: string;
  detail: string;
  /** The API's stable word for it. */
  code?: string;
}

/** Runs commands on a chat, one at a time; what is refused is told and what the chat is now is fetched. */
export function useCommands(chatId: string) {
  const client = useQueryClient();
  const { user } = useLive();
  const [busy, setBusy] = useState<string>();
  const [problem, setProblem] = useState<CommandProblem>();

  const show = useCallback(
    (chat: ChatView) => applyEvent(client, { type: "chat.updated", id: 0, cursor: "", chat }, user.id),
    [client, user.id],
  );
  /** Gives the chat, or undefined when the command was refused; `title` says what didn't happen. */
  const run = useCallback(
    async (name: string, title: string, command: () => Promise<ChatView>): Promise<ChatView | undefined> => {
      setBusy(name);
      setProblem(undefined);
      try {
        const chat = await command();
        show(chat);
        return chat;
      } catch (cause) {
        setProblem({ title, detail: messageOf(cause), ...(cause instanceof Problem ? { code: cause.code } : {}) });
        // Refused for what the chat is now: show what it is.
        if (cause instanceof Problem && !cause.temporary) {
          void client.invalidateQueries({ queryKey: keys.chat(chatId) });
          void client.invalidateQueries({ queryKey: keys.lists });
        }
        return undefined;
      } finally {
        setBusy(undefined);
      }
    },
    [client, chatId, show],
  );
  return { run, busy, problem, clear: useCallback(() => setProblem(undefined), []) };
}
