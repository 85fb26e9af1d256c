import { Dialog } from "@base-ui/react/dialog";
import { Search } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import type { ChatView, Disposition } from "../api/types";
import { texts } from "../texts";
import { Failure, Skeleton } from "./basics";

export interface DisposeProblem {
  kind: "wroteAgain" | "engine" | "other";
  text: string;
}

/** What has been chosen and written so far; the chat's pane keeps it while the dialog is closed to read. */
export interface DisposeDraft {
  chosen: string | undefined;
  note: string;
}

interface Props {
  chat: ChatView;
  open: boolean;
  dispositions: readonly Disposition[] | undefined;
  loadFailed: boolean;
  busy: boolean;
  problem: DisposeProblem | undefined;
  draft: DisposeDraft;
  onDraft(draft: DisposeDraft): void;
  onReload(): void;
  onClose(): void;
  onConfirm(disposition: Disposition, note: string): void;
}

/** Asks how the chat ended. What was chosen stays until the chat is disposed, whatever goes wrong on the way. */
export function DisposeDialog(props: Props) {
  const search = useRef<HTMLInputElement>(null);
  return (
    <Dialog.Root open={props.open} onOpenChange={(open) => !open && !props.busy && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="popup dialog" data-testid="dispose-dialog" initialFocus={search}>
          <Dialog.Title>{texts.dispose.title(props.chat.customer.name)}</Dialog.Title>
          <Form {...props} search={search} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Form(props: Props & { search: React.RefObject<HTMLInputElement | null> }) {
  const { chat, dispositions, busy, draft } = props;
  const { chosen, note } = draft;
  const [query, setQuery] = useState("");
  const [missing, setMissing] = useState(false);
  const wanted = query.trim().toLocaleLowerCase();
  const matches = (dispositions ?? []).filter((item) => item.name.toLocaleLowerCase().includes(wanted));
  const disposition = dispositions?.find((item) => item.id === chosen);

  const choose = (id: string) => {
    props.onDraft({ chosen: id, note });
    setMissing(false);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    if (!disposition) {
      setMissing(true);
      return;
    }
    props.onConfirm(disposition, note.trim());
  };
  return (
    <form onSubmit={submit} aria-busy={busy}>
      {chat.phase === "active" && props.problem?.kind !== "wroteAgain" && (
        <p className="notice">{texts.dispose.stillThere(chat.customer.name)}</p>
      )}
      <fieldset className="options" disabled={busy}>
        <legend>{texts.dispose.lead}</legend>
        <div className="search">
          <Search size={16} aria-hidden="true" />
          <input
            ref={props.search}
            type="search"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={(event) => {
              const first = matches[0];
              if (event.key !== "Enter" || !first || chosen) return;
              event.preventDefault();
              choose(first.id);
            }}
            placeholder={texts.dispose.search}
            aria-label={texts.dispose.search}
          />
        </div>
        <div className="option-list">
          {props.loadFailed && <Failure title={texts.dispose.loadFailed} onRetry={props.onReload} />}
          {!dispositions && !props.loadFailed && <Skeleton rows={4} kind="line" label={texts.dispose.lead} />}
          {dispositions && matches.length === 0 && <p className="muted">{texts.dispose.none}</p>}
          {matches.map((item) => (
            <label key={item.id} className="option" data-testid="disposition-option" data-chosen={item.id === chosen}>
              <input type="radio" name="disposition" checked={item.id === chosen} onChange={() => choose(item.id)} />
              {item.name}
            </label>
          ))}
        </div>
      </fieldset>
      <label className="field">
        <span>
          {texts.dispose.note} <span className="muted">({texts.dispose.noteOptional})</span>
        </span>
        <textarea
          rows={3}
          value={note}
          dir="auto"
          disabled={busy}
          onChange={(event) => props.onDraft({ chosen, note: event.target.value })}
          placeholder={texts.dispose.notePlaceholder}
          data-testid="dispose-note"
        />
      </label>
      <Trouble {...props} missing={missing} />
      <div className="dialog-actions">
        <button type="button" className="button" onClick={props.onClose} disabled={busy}>
          {props.problem?.kind === "wroteAgain" ? texts.dispose.readFirst : texts.cancel}
        </button>
        <button
          type="submit"
          className="button button-primary"
          aria-disabled={!disposition || busy}
          data-testid="dispose-confirm"
        >
          {busy
            ? texts.dispose.busy
            : props.problem?.kind === "wroteAgain"
              ? texts.dispose.anyway
              : props.problem
                ? texts.retry
                : texts.dispose.confirm}
        </button>
      </div>
    </form>
  );
}

function Trouble({ problem, chat, missing }: Props & { missing: boolean }) {
  if (missing) {
    return (
      <p className="problem" role="alert">
        {texts.dispose.choose}
      </p>
    );
  }
  if (!problem) return null;
  const title =
    problem.kind === "wroteAgain"
      ? texts.dispose.wroteAgainTitle(chat.customer.name)
      : problem.kind === "engine"
        ? texts.dispose.engineTitle
        : undefined;
  return (
    <p className="problem" role="alert" data-testid="dispose-problem">
      {title && <strong>{title}</strong>}
      {problem.text}
    </p>
  );
}
