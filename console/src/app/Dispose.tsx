import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import { api } from "../api/endpoints";
import type { ChatView, Disposition } from "../api/types";
import { applyEvent, keys } from "../live/cache";
import { useDispositions } from "../live/chats";
import { useLive } from "../live/live";
import { useBreakReasons, useZone } from "../live/routing";
import { type DisposeDraft, extrasOf } from "../state/disposal";
import { randomId } from "../state/ids";
import { newestSeq, type Thread } from "../state/thread";
import { texts } from "../texts";
import { DisposeDialog, type DisposeProblem, type DisposeTask } from "../views/DisposeDialog";

interface Props {
  chat: ChatView;
  thread: Thread | undefined;
  open: boolean;
  onClose(): void;
  /** The chat is closed now and leaves my desk. */
  onDisposed(chatId: string, text: string): void;
  /** Something was saved and the chat stays where it is. */
  onSaved(text: string): void;
}

function problemOf(cause: unknown): DisposeProblem {
  if (!(cause instanceof Problem)) return { kind: "other", text: String(cause) };
  if (cause.code === "customer_wrote") return { kind: "wroteAgain", text: texts.dispose.wroteAgain };
  if (cause.code === "engine_unavailable") return { kind: "engine", text: texts.dispose.engine };
  return { kind: "other", text: cause.message };
}

const newestOfCustomer = (thread: Thread | undefined) =>
  thread?.items.findLast((message) => message.side === "customer")?.seq ?? 0;

/** What the dialog opens with: the choice made early, or what a closed chat says now. */
function drafted(chat: ChatView, zone: string): DisposeDraft {
  const closed = chat.phase === "closed";
  return {
    chosen: closed ? chat.disposition?.id : chat.next_disposition?.id,
    note: (closed ? chat.note : chat.next_note) ?? "",
    callback: "",
    zone,
    breakAfter: undefined,
  };
}

/** Disposes the chat; a customer who writes meanwhile is read before, never closed away unseen. */
export function Dispose({ chat, thread, open, onClose, onDisposed, onSaved }: Props) {
  const client = useQueryClient();
  const { user } = useLive();
  const dispositions = useDispositions(chat.id, open);
  const reasons = useBreakReasons();
  const zone = useZone();
  const [draft, setDraft] = useState<DisposeDraft>(() => drafted(chat, zone));
  const touched = useRef(false);
  const [busy, setBusy] = useState<DisposeTask>();
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
    // What another tab or a colleague chose meanwhile counts, unless this person has begun to choose.
    if (!touched.current) setDraft(drafted(chat, zone));
  }, [open]);

  const fail = (next: DisposeProblem) => {
    setProblem(next);
    if (next.kind !== "wroteAgain") return;
    key.current = randomId();
    void client.invalidateQueries({ queryKey: keys.chat(chat.id) });
    void client.invalidateQueries({ queryKey: keys.thread(chat.id) });
  };
  const dispose = async (disposition: Disposition) => {
    const newest = newestOfCustomer(thread);
    if (newest > seen.current) {
      seen.current = newest;
      fail({ kind: "wroteAgain", text: texts.dispose.wroteAgain });
      return;
    }
    const closed = await api.dispose(chat.id, key.current, {
      disposition_id: disposition.id,
      note: draft.note.trim(),
      seen_seq: thread ? newestSeq(thread) : 0,
      ...extrasOf(draft, disposition),
    });
    applyEvent(client, { type: "chat.closed", id: 0, cursor: "", chat: closed }, user.id);
    void client.invalidateQueries({ queryKey: keys.history(chat.customer.id) });
    if (draft.breakAfter !== undefined) void client.invalidateQueries({ queryKey: keys.me });
    onClose();
    onDisposed(chat.id, texts.dispose.done(chat.customer.name, disposition.name));
  };
  const save = async (task: DisposeTask, disposition: Disposition) => {
    const body = { disposition_id: disposition.id, note: draft.note.trim() };
    const saved = await api.setDisposition(chat.id, body);
    touched.current = false;
    applyEvent(client, { type: "chat.updated", id: 0, cursor: "", chat: saved }, user.id);
    void client.invalidateQueries({ queryKey: keys.thread(chat.id) });
    onClose();
    onSaved((task === "correct" ? texts.dispose.corrected : texts.dispose.chosenEarly)(disposition.name));
  };
  const confirm = async (task: DisposeTask, disposition: Disposition) => {
    setBusy(task);
    setProblem(undefined);
    try {
      await (task === "dispose" ? dispose(disposition) : save(task, disposition));
    } catch (cause) {
      fail(problemOf(cause));
    } finally {
      setBusy(undefined);
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
      reasons={reasons}
      mayBreak={chat.owner?.id === user.id && user.status === "available"}
      onDraft={(next) => {
        touched.current = true;
        setDraft(next);
        key.current = randomId();
      }}
      onReload={() => void dispositions.refetch()}
      onClose={onClose}
      onConfirm={(task, disposition) => void confirm(task, disposition)}
    />
  );
}
