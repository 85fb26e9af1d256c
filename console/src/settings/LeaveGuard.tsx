import { Dialog } from "@base-ui/react/dialog";
import { useEffect, useState } from "react";
import { guardRoute } from "../live/route";
import { words } from "./texts";

interface Props {
  /** Whether something would be lost. */
  changed: boolean;
  /** What the changes belong to. */
  name: string;
  /** The part of the address, after /settings/, that is still the same form. */
  within: string;
  /** Saves; tells whether it worked. */
  onSave(): Promise<boolean>;
}

/** Asks before unsaved changes are left behind: by a link, by the browser's back, or by closing the tab. */
export function LeaveGuard({ changed, name, within, onSave }: Props) {
  const [go, setGo] = useState<() => void>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!changed) return;
    const release = guardRoute((next, proceed) => {
      const same = next.settings === within || next.settings.startsWith(`${within}/`);
      if (next.page === "settings" && same) return true;
      setGo(() => proceed);
      return false;
    });
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => {
      release();
      window.removeEventListener("beforeunload", ask);
    };
  }, [changed, within]);

  const leave = () => {
    setGo(undefined);
    go?.();
  };
  const saveAndLeave = async () => {
    setBusy(true);
    const saved = await onSave();
    setBusy(false);
    // Not saved: the form says why.
    if (saved) leave();
    else setGo(undefined);
  };
  return (
    <Dialog.Root open={go !== undefined} onOpenChange={(open) => !open && !busy && setGo(undefined)}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="popup dialog set-dialog-middle" data-testid="leave-dialog">
          <Dialog.Title>{words.leave.title}</Dialog.Title>
          <Dialog.Description className="set-dialog-text">{words.leave.text(name)}</Dialog.Description>
          <div className="dialog-actions set-wrap">
            <button type="button" className="button" disabled={busy} onClick={leave}>
              {words.leave.discard}
            </button>
            <button type="button" className="button" disabled={busy} onClick={() => setGo(undefined)}>
              {words.leave.stay}
            </button>
            <button type="button" className="button button-primary" disabled={busy} onClick={() => void saveAndLeave()}>
              {busy ? words.save.saving : words.leave.save}
            </button>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
