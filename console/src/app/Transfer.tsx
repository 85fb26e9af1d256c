import { useEffect } from "react";
import { api } from "../api/endpoints";
import type { ChatView, Transfer as To } from "../api/types";
import { useCommands } from "../live/commands";
import { useLive } from "../live/live";
import { useAgents, useQueues } from "../live/routing";
import { supervises } from "../state/people";
import { texts } from "../texts";
import { TransferDialog } from "../views/TransferDialog";

interface Props {
  chat: ChatView;
  open: boolean;
  onClose(): void;
  /** `gone` tells whether the chat has left its owner. */
  onDone(text: string, gone: boolean, chat: ChatView): void;
}

/** The transfer dialog with what it needs; agents and queues are fetched fresh each time it opens. */
export function Transfer({ chat, open, onClose, onDone }: Props) {
  const { user } = useLive();
  const agents = useAgents(open);
  const queues = useQueues(open);
  const { run, busy, problem, clear } = useCommands(chat.id);
  const { refetch: refetchAgents } = agents;
  const { refetch: refetchQueues } = queues;

  useEffect(() => {
    if (!open) return;
    clear();
    void refetchAgents();
    void refetchQueues();
  }, [open, clear, refetchAgents, refetchQueues]);

  const transfer = async (to: To, name: string) => {
    const next = await run("transfer", texts.failed.transfer, () => api.transfer(chat.id, to));
    if (!next) return;
    onClose();
    const customer = chat.customer.name;
    if ("queue_id" in to) onDone(texts.transfer.doneQueue(customer, name), true, next);
    else if (to.mode === "accept") onDone(texts.transfer.doneAsked(name), false, next);
    else onDone(texts.transfer.doneTo(customer, name), true, next);
  };
  return (
    <TransferDialog
      chat={chat}
      me={user.id}
      open={open}
      agents={{ items: agents.data?.items, failed: agents.isError, reload: () => void refetchAgents() }}
      queues={{ items: queues.data?.items, failed: queues.isError, reload: () => void refetchQueues() }}
      busy={busy !== undefined}
      problem={problem}
      mayForce={supervises(user.role)}
      onClose={onClose}
      onTransfer={(to, name) => void transfer(to, name)}
    />
  );
}
