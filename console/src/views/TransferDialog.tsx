import { Dialog } from "@base-ui/react/dialog";
import { type FormEvent, useRef, useState } from "react";
import type { ChatView, Queue, Transfer, User } from "../api/types";
import type { CommandProblem } from "../live/commands";
import { byReadiness } from "../state/people";
import { texts } from "../texts";
import { Segments } from "./basics";
import { agentItem, type PickItem, PickList } from "./PickList";

/** The longest note that goes with a transfer, in characters. */
const LONGEST_NOTE = 250;

export interface Loaded<T> {
  items: readonly T[] | undefined;
  failed: boolean;
  reload(): void;
}

interface Props {
  chat: ChatView;
  me: string;
  open: boolean;
  agents: Loaded<User>;
  queues: Loaded<Queue>;
  busy: boolean;
  problem: CommandProblem | undefined;
  /** May give a chat to a colleague who isn't free. */
  mayForce: boolean;
  onClose(): void;
  /** `name` is who or what gets the chat. */
  onTransfer(to: Transfer, name: string): void;
}

/** Hands the chat to a colleague, at once or when they agree, or to a queue. */
export function TransferDialog(props: Props) {
  const search = useRef<HTMLInputElement>(null);
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
        <Dialog.Popup className="popup dialog" data-testid="transfer-dialog" initialFocus={search}>
          <Dialog.Title>{texts.transfer.title(props.chat.customer.name)}</Dialog.Title>
          <Form {...props} search={search} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

type Kind = "agent" | "queue";
type Mode = "blind" | "accept";

function queueItem(queue: Queue, current: string | undefined): PickItem {
  const details = [texts.transfer.waiting(queue.waiting), ...(queue.id === current ? [texts.transfer.current] : [])];
  return {
    id: queue.id,
    name: queue.name,
    content: (
      <span className="pick">
        <span className="pick-main">
          <span className="pick-name">{queue.name}</span>
          <small className="muted">{details.join(" · ")}</small>
        </span>
      </span>
    ),
  };
}

function Form(props: Props & { search: React.RefObject<HTMLInputElement | null> }) {
  const { chat, agents, queues, busy, problem } = props;
  const [kind, setKind] = useState<Kind>("agent");
  const [chosen, setChosen] = useState<Record<Kind, string | undefined>>({ agent: undefined, queue: undefined });
  const [wish, setWish] = useState<Mode>("blind");
  const [note, setNote] = useState("");
  const [missing, setMissing] = useState(false);
  const [asked, setAsked] = useState<string>();
  const others = agents.items && byReadiness(agents.items.filter((user) => user.id !== chat.owner?.id));
  const agent = others?.find((user) => user.id === chosen.agent);
  const queue = queues.items?.find((each) => each.id === chosen.queue);
  // Who is away can't answer; and a chat that waits has no owner who could go on with it meanwhile.
  const mayAsk = chat.phase === "active" && (!agent || agent.status === "available");
  const mode: Mode = mayAsk ? wish : "blind";
  const target = kind === "agent" ? agent : queue;
  // This colleague was asked for a moment ago and isn't free: a supervisor may insist.
  const refused = props.mayForce && problem?.code === "agent_not_free" && target !== undefined && target.id === asked;

  const choose = (id: string) => {
    setChosen({ ...chosen, [kind]: id });
    setMissing(false);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    if (!target) {
      setMissing(true);
      return;
    }
    const said = note.trim() === "" ? {} : { note: note.trim() };
    const forced = refused ? { force: true } : {};
    const to = kind === "agent" ? { user_id: target.id, mode, ...said, ...forced } : { queue_id: target.id, ...said };
    setAsked(target.id);
    props.onTransfer(to, target.name);
  };
  return (
    <form onSubmit={submit} aria-busy={busy}>
      <Segments
        label={texts.transfer.kind}
        value={kind}
        disabled={busy}
        options={[
          { value: "agent", label: texts.transfer.toAgent, testId: "transfer-to-agent" },
          { value: "queue", label: texts.transfer.toQueue, testId: "transfer-to-queue" },
        ]}
        onChange={setKind}
      />
      {kind === "agent" ? (
        <PickList
          key="agent"
          label={texts.transfer.agents}
          placeholder={texts.transfer.searchAgents}
          items={others?.map(agentItem)}
          failed={agents.failed ? texts.transfer.agentsFailed : undefined}
          empty={texts.transfer.noOthers}
          none={texts.transfer.noAgent}
          chosen={chosen.agent}
          disabled={busy}
          search={props.search}
          onChoose={choose}
          onReload={agents.reload}
        />
      ) : (
        <PickList
          key="queue"
          label={texts.transfer.queues}
          placeholder={texts.transfer.searchQueues}
          items={queues.items?.map((each) => queueItem(each, chat.queue?.id))}
          failed={queues.failed ? texts.transfer.queuesFailed : undefined}
          empty={texts.transfer.noQueue}
          none={texts.transfer.noQueue}
          chosen={chosen.queue}
          disabled={busy}
          search={props.search}
          onChoose={choose}
          onReload={queues.reload}
        />
      )}
      {kind === "agent" && chat.phase === "active" && <How mode={mode} mayAsk={mayAsk} busy={busy} onMode={setWish} />}
      <label className="field">
        <span>
          {texts.transfer.note} <span className="muted">({texts.transfer.noteOptional})</span>
        </span>
        <textarea
          rows={2}
          value={note}
          dir="auto"
          maxLength={LONGEST_NOTE}
          disabled={busy}
          onChange={(event) => setNote(event.target.value)}
          placeholder={texts.transfer.notePlaceholder}
          data-testid="transfer-note"
        />
      </label>
      <div className="dialog-foot">
        {(missing || problem) && (
          <p className="problem" role="alert" data-testid="transfer-problem">
            {missing ? (
              texts.transfer.choose
            ) : (
              <>
                <strong>{problem?.title}</strong>
                {problem?.detail}
              </>
            )}
          </p>
        )}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={props.onClose} disabled={busy}>
            {texts.cancel}
          </button>
          <button
            type="submit"
            className="button button-primary"
            aria-disabled={!target || busy}
            data-testid="transfer-confirm"
          >
            {busy
              ? texts.transfer.busy
              : refused
                ? texts.transfer.confirmForce
                : kind === "agent" && mode === "accept"
                  ? texts.transfer.confirmAsk
                  : texts.transfer.confirm}
          </button>
        </div>
      </div>
    </form>
  );
}

interface HowProps {
  mode: Mode;
  mayAsk: boolean;
  busy: boolean;
  onMode(mode: Mode): void;
}

function How({ mode, mayAsk, busy, onMode }: HowProps) {
  return (
    <fieldset className="choices" disabled={busy}>
      <legend>{texts.transfer.how}</legend>
      <label className="choice" data-chosen={mode === "blind"} data-testid="transfer-blind">
        <input type="radio" name="mode" checked={mode === "blind"} onChange={() => onMode("blind")} />
        <span>
          <strong>{texts.transfer.blind}</strong>
          <small>{texts.transfer.blindHint}</small>
        </span>
      </label>
      <label className="choice" data-chosen={mode === "accept"} data-disabled={!mayAsk} data-testid="transfer-ask">
        <input
          type="radio"
          name="mode"
          disabled={!mayAsk}
          checked={mode === "accept"}
          onChange={() => onMode("accept")}
        />
        <span>
          <strong>{texts.transfer.ask}</strong>
          <small>{mayAsk ? texts.transfer.askHint : texts.transfer.askAway}</small>
        </span>
      </label>
    </fieldset>
  );
}
