import { Dialog } from "@base-ui/react/dialog";
import { type FormEvent, useMemo, useRef, useState } from "react";
import type { ChatView, Disposition } from "../api/types";
import { serverNow } from "../state/clock";
import { type DisposeDraft, type DraftProblem, problemIn } from "../state/disposal";
import { buildTree, findNode, isLeaf } from "../state/tree";
import { texts } from "../texts";
import { Failure, Skeleton } from "./basics";
import { BreakAfter, CallbackFields, NoteField } from "./DisposeParts";
import { DispositionTree } from "./DispositionTree";

export interface DisposeProblem {
  kind: "wroteAgain" | "engine" | "other";
  text: string;
}

/** What is being sent: the end of the chat, the choice for its end, or a correction afterwards. */
export type DisposeTask = "dispose" | "choose" | "correct";

interface Props {
  chat: ChatView;
  open: boolean;
  dispositions: readonly Disposition[] | undefined;
  loadFailed: boolean;
  busy: DisposeTask | undefined;
  problem: DisposeProblem | undefined;
  draft: DisposeDraft;
  reasons: readonly string[];
  /** Whether a break can be booked here: it is my own chat. */
  mayBreak: boolean;
  onDraft(draft: DisposeDraft): void;
  onReload(): void;
  onClose(): void;
  onConfirm(task: DisposeTask, disposition: Disposition): void;
}

/** Asks how the chat ended. What was chosen stays until it is sent, whatever goes wrong on the way. */
export function DisposeDialog(props: Props) {
  const search = useRef<HTMLInputElement>(null);
  const popup = useRef<HTMLDivElement>(null);
  const { chat } = props;
  const title = chat.phase === "closed" ? texts.dispose.correctTitle : texts.dispose.title;
  return (
    // Not modal for the mouse: an offer that comes meanwhile can be answered, and what is written here stays.
    <Dialog.Root
      modal="trap-focus"
      disablePointerDismissal
      open={props.open}
      onOpenChange={(open) => !open && !props.busy && props.onClose()}
    >
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup
          ref={popup}
          className="popup dialog"
          data-testid="dispose-dialog"
          // The search field comes with the dispositions, and takes the focus then.
          initialFocus={() => search.current ?? popup.current}
        >
          <Dialog.Title>{title(chat.customer.name)}</Dialog.Title>
          <Form {...props} search={search} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Form(props: Props & { search: React.RefObject<HTMLInputElement | null> }) {
  const { chat, dispositions, draft, onDraft } = props;
  const busy = props.busy !== undefined;
  const [mend, setMend] = useState<DraftProblem>();
  const roots = useMemo(() => buildTree(dispositions ?? []), [dispositions]);
  const node = findNode(roots, draft.chosen);
  const disposition = node && isLeaf(node) ? node.item : undefined;
  const correcting = chat.phase === "closed";

  const change = (next: DisposeDraft) => {
    setMend(undefined);
    onDraft(next);
  };
  const send = (task: DisposeTask) => {
    if (busy) return;
    // A promise is made when the chat ends; a choice for later only names the disposition.
    const asked = task === "dispose" ? disposition : disposition && { ...disposition, callback: false };
    const wrong = problemIn(draft, asked, serverNow());
    setMend(wrong);
    if (!wrong && disposition) props.onConfirm(task, disposition);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send(correcting ? "correct" : "dispose");
  };
  return (
    <form onSubmit={submit} aria-busy={busy} noValidate>
      {chat.phase === "active" && props.problem?.kind !== "wroteAgain" && (
        <p className="notice">{texts.dispose.stillThere(chat.customer.name)}</p>
      )}
      {correcting && <p className="notice">{texts.dispose.correctHint}</p>}
      <fieldset className="options" disabled={busy}>
        <legend>{correcting ? texts.dispose.correctLead : texts.dispose.lead}</legend>
        {props.loadFailed && !dispositions && <Failure title={texts.dispose.loadFailed} onRetry={props.onReload} />}
        {!dispositions && !props.loadFailed && <Skeleton rows={4} kind="line" label={texts.dispose.lead} />}
        {dispositions && (
          <DispositionTree
            roots={roots}
            chosen={draft.chosen}
            disabled={busy}
            search={props.search}
            onChoose={(item) => change({ ...draft, chosen: item.id })}
          />
        )}
      </fieldset>
      {disposition?.callback && !correcting && <CallbackFields draft={draft} busy={busy} onDraft={change} />}
      <NoteField draft={draft} busy={busy} onDraft={change} />
      {props.mayBreak && !correcting && (
        <BreakAfter draft={draft} busy={busy} reasons={props.reasons} onDraft={change} />
      )}
      <div className="dialog-foot">
        <Trouble {...props} mend={mend} />
        <Actions {...props} ready={disposition !== undefined} onChoose={() => send("choose")} />
      </div>
    </form>
  );
}

function Actions({ chat, busy, problem, ready, onClose, onChoose }: Props & { ready: boolean; onChoose(): void }) {
  const wroteAgain = problem?.kind === "wroteAgain";
  const correcting = chat.phase === "closed";
  const label = correcting
    ? busy
      ? texts.dispose.correctBusy
      : texts.dispose.correctConfirm
    : busy === "dispose"
      ? texts.dispose.busy
      : wroteAgain
        ? texts.dispose.anyway
        : problem
          ? texts.retry
          : texts.dispose.confirm;
  return (
    <div className="dialog-actions">
      <button type="button" className="button" onClick={onClose} disabled={busy !== undefined}>
        {wroteAgain ? texts.dispose.readFirst : texts.cancel}
      </button>
      {chat.phase === "active" && !wroteAgain && (
        <button
          type="button"
          className="button"
          title={texts.dispose.chooseEarlyHint}
          aria-disabled={!ready || busy !== undefined}
          onClick={onChoose}
          data-testid="dispose-early"
        >
          {busy === "choose" ? texts.dispose.chooseEarlyBusy : texts.dispose.chooseEarly}
        </button>
      )}
      <button
        type="submit"
        className="button button-primary"
        aria-disabled={!ready || busy !== undefined}
        data-testid="dispose-confirm"
      >
        {label}
      </button>
    </div>
  );
}

function Trouble({ problem, chat, mend }: Props & { mend: DraftProblem | undefined }) {
  if (mend) {
    return (
      <p className="problem" role="alert" data-testid="dispose-problem" data-field={mend.field}>
        {mend.text}
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
