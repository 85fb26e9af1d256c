import { Dialog } from "@base-ui/react/dialog";
import { texts } from "../texts";

/** The sheet behind "?". */
export function Shortcuts({ open, onClose }: { open: boolean; onClose(): void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="popup dialog" data-testid="shortcuts">
          <Dialog.Title>{texts.shortcuts.title}</Dialog.Title>
          <dl className="shortcuts">
            {texts.shortcuts.rows.map(([what, pressed]) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>
                  {pressed.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
          <div className="dialog-actions">
            <Dialog.Close className="button">{texts.close}</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
