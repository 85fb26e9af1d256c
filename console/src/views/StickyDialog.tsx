import { Dialog } from "@base-ui/react/dialog";
import { type FormEvent, useRef, useState } from "react";
import type { User } from "../api/types";
import { byReadiness } from "../state/people";
import { texts } from "../texts";
import { agentItem, PickList } from "./PickList";
import type { Loaded } from "./TransferDialog";

interface Props {
  customer: string;
  open: boolean;
  agents: Loaded<User>;
  current: string | undefined;
  busy: boolean;
  problem: string | undefined;
  onClose(): void;
  onSet(userId: string): void;
}

/** Asks which agent a customer should come back to. */
export function StickyDialog(props: Props) {
  const search = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState(props.current);
  const { busy, problem, agents } = props;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen && !busy) props.onSet(chosen);
  };
  return (
    <Dialog.Root open={props.open} onOpenChange={(open) => !open && !busy && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="popup dialog" data-testid="sticky-dialog" initialFocus={search}>
          <Dialog.Title>{texts.sticky.dialogTitle(props.customer)}</Dialog.Title>
          <form onSubmit={submit} aria-busy={busy}>
            <p className="muted">{texts.sticky.dialogLead}</p>
            <PickList
              label={texts.transfer.agents}
              placeholder={texts.transfer.searchAgents}
              items={agents.items && byReadiness(agents.items).map(agentItem)}
              failed={agents.failed ? texts.transfer.agentsFailed : undefined}
              empty={texts.transfer.noOthers}
              none={texts.transfer.noAgent}
              chosen={chosen}
              disabled={busy}
              search={search}
              onChoose={setChosen}
              onReload={agents.reload}
            />
            <div className="dialog-foot">
              {problem && (
                <p className="problem" role="alert">
                  <strong>{texts.failed.sticky}</strong>
                  {problem}
                </p>
              )}
              <div className="dialog-actions">
                <button type="button" className="button" onClick={props.onClose} disabled={busy}>
                  {texts.cancel}
                </button>
                <button
                  type="submit"
                  className="button button-primary"
                  aria-disabled={!chosen || busy}
                  data-testid="sticky-confirm"
                >
                  {busy ? texts.sticky.busy : texts.sticky.confirm}
                </button>
              </div>
            </div>
          </form>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
