import { Dialog } from "@base-ui/react/dialog";
import { useRef, useState } from "react";
import type { ChatView } from "../api/types";
import type { CommandProblem } from "../live/commands";
import { texts } from "../texts";

interface Props {
  chat: ChatView;
  open: boolean;
  busy: boolean;
  problem: CommandProblem | undefined;
  onClose(): void;
  onRequeue(note: string): void;
}

/** Puts the chat back in line, with a word for whoever gets it next. */
export function RequeueDialog({ chat, open, busy, problem, onClose, onRequeue }: Props) {
  const [note, setNote] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && !busy && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="popup dialog" data-testid="requeue-dialog" initialFocus={field}>
          <Dialog.Title>{texts.requeue.title(chat.customer.name)}</Dialog.Title>
          <form
            aria-busy={busy}
            onSubmit={(event) => {
              event.preventDefault();
              if (!busy) onRequeue(note.trim());
            }}
          >
            <p className="muted">{texts.requeue.lead(chat.queue?.name ?? "")}</p>
            <label className="field">
              <span>
                {texts.requeue.note} <span className="muted">({texts.transfer.noteOptional})</span>
              </span>
              <textarea
                ref={field}
                rows={2}
                value={note}
                dir="auto"
                maxLength={250}
                disabled={busy}
                onChange={(event) => setNote(event.target.value)}
                placeholder={texts.transfer.notePlaceholder}
                data-testid="requeue-note"
              />
            </label>
            <div className="dialog-foot">
              {problem && (
                <p className="problem" role="alert">
                  <strong>{problem.title}</strong>
                  {problem.detail}
                </p>
              )}
              <div className="dialog-actions">
                <button type="button" className="button" onClick={onClose} disabled={busy}>
                  {texts.cancel}
                </button>
                <button type="submit" className="button button-primary" disabled={busy} data-testid="requeue-confirm">
                  {busy ? texts.requeue.busy : texts.requeue.confirm}
                </button>
              </div>
            </div>
          </form>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
