import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import { api } from "../api/endpoints";
import type { ChatView, Disposition } from "../api/types";
import { applyEvent, keys } from "../live/cache";
import { useDispositions } from "../live/chats";
import { useLive } from "../live/live";
import { randomId } from "../state/ids";
import { newestSeq, type Thread } from "../state/thread";
import { texts } from "../texts";
import { DisposeDialog, type DisposeDraft, type DisposeProblem } from "../views/DisposeDialog";

interface Props {
  chat: ChatView;
  thread: Thread | undefined;
  open: boolean;
  onClose(): void;
  onDisposed(chatId: string, text: string): void;
}

function problemOf(cause: unknown): DisposeProblem {
  if (!(cause instanceof Problem)) return { kind: "other", text: String(cause) };
  if (cause.code === "customer_wrote") return { kind: "wroteAgain", text: texts.dispose.wroteAgain };
  if (cause.code === "engine_unavailable") return { kind: "engine", text: texts.dispose.engine };
  return { kind: "other", text: cause.message };
}

const newestOfCustomer = (thread: Thread | undefined) =>
  thread?.items.findLast((message) => message.side === "customer")?.seq ?? 0;

/** Disposes the chat; a customer who writes meanwhile is read before, never closed away unseen. */
export function Dispose({ chat, thread, open, onClose, onDisposed }: Props) {
  const client = useQueryClient();
  const { user } = useLive();
  const dispositions = useDispositions(chat.id, open);
  const [draft, setDraft] = useState<DisposeDraft>({ chosen: undefined, note: "" });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<DisposeProblem>();
  // One key per decision: a repeat after a lost answer is the same command, a changed decision is another.
  const key = useRef("");
  const seen = useRef(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what was seen is fixed at the moment of opening
  useEffect(() => {
    if (!open) return;
    setProblem(undefined);
    seen.current = newestOfCustomer(thread);
    key.current = randomId();
  }, [open]);

  const fail = (next: DisposeProblem) => {
    setProblem(next);
    if (next.kind !== "wroteAgain") return;
    key.current = randomId();
    void client.invalidateQueries({ queryKey: keys.chat(chat.id) });
    void client.invalidateQueries({ queryKey: keys.thread(chat.id) });
  };
  const confirm = async (disposition: Disposition, note: string) => {
    const newest = newestOfCustomer(thread);
    if (newest > seen.current) {
      seen.current = newest;
      fail({ kind: "wroteAgain", text: texts.dispose.wroteAgain });
      return;
    }
    setBusy(true);
    setProblem(undefined);
    try {
      const body = { disposition_id: disposition.id, note, seen_seq: thread ? newestSeq(thread) : 0 };
      const closed = await api.dispose(chat.id, key.current, body);
      applyEvent(client, { type: "chat.closed", id: 0, cursor: "", chat: closed }, user.id);
      void client.invalidateQueries({ queryKey: keys.history(chat.customer.id) });
      onClose();
      onDisposed(chat.id, texts.dispose.done(chat.customer.name, disposition.name));
    } catch (cause) {
      fail(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };
  return (
    <DisposeDialog
      chat={chat}
      open={open}
      dispositions={dispositions.data}
      loadFailed={dispositions.isError}
      busy={busy}
      problem={problem}
      draft={draft}
      onDraft={(next) => {
        setDraft(next);
        key.current = randomId();
      }}
      onReload={() => void dispositions.refetch()}
      onClose={onClose}
      onConfirm={(disposition, note) => void confirm(disposition, note)}
    />
  );
}
