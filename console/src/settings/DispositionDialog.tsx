import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Disposition, Queue } from "../api/types";
import { texts } from "../texts";
import { settingsApi } from "./api";
import { useRenew } from "./data";
import { type FieldErrors, NO_ERRORS } from "./errors";
import { Checks, ErrorLine, ErrorsProvider, Select, Setting, Switch } from "./fields";
import { useShell } from "./Shell";
import { useSaving } from "./saving";
import { words } from "./texts";

const STEP = 10;
const LONGEST = 100;

interface DispositionForm {
  name: string;
  /** Whether only some queues offer it; then queue_ids are these. */
  some: boolean;
  queue_ids: string[];
  callback: boolean;
  disabled: boolean;
}

interface Props {
  /** The one that is edited; absent for a new one. */
  node: Disposition | undefined;
  /** What a new one stands below; absent for the top. */
  parent: Disposition | undefined;
  lastPosition: number;
  queues: readonly Queue[];
  onClose(): void;
}

function wrongIn(form: DispositionForm): FieldErrors {
  return {
    ...(form.name.trim() === "" ? { name: words.dispositions.needName } : {}),
    ...(form.some && form.queue_ids.length === 0 ? { queue_ids: words.dispositions.needQueue } : {}),
  };
}

export function DispositionDialog({ node, parent, lastPosition, queues, onClose }: Props) {
  const [form, setForm] = useState<DispositionForm>(() => {
    const like = node ?? parent;
    return {
      name: node?.name ?? "",
      some: (like?.queue_ids.length ?? 0) > 0,
      queue_ids: [...(like?.queue_ids ?? [])],
      callback: node?.callback ?? false,
      disabled: node?.disabled ?? false,
    };
  });
  const [tried, setTried] = useState(false);
  const saving = useSaving(form);
  const renew = useRenew();
  const { flash } = useShell();
  const errors = { ...(tried ? wrongIn(form) : NO_ERRORS), ...saving.errors };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(wrongIn(form)).length > 0) return;
    const name = form.name.trim();
    const { callback, disabled } = form;
    const body = { name, callback, queue_ids: form.some ? form.queue_ids : [] };
    const save = async () => {
      if (node) await settingsApi.patchDisposition(node.id, { ...body, disabled });
      else {
        await settingsApi.createDisposition({
          ...body,
          position: lastPosition + STEP,
          ...(parent ? { parent_id: parent.id } : {}),
        });
      }
    };
    if (!(await saving.run([{ name, under: "", save }]))) return;
    flash(node ? words.dispositions.changed(name) : words.dispositions.created(name));
    onClose();
    await renew();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && !saving.busy && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="popup dialog set-dialog set-dialog-wide" data-testid="disposition-dialog">
          <Dialog.Title>
            {node ? node.name : parent ? words.dispositions.newUnder(parent.name) : words.dispositions.newTitle}
          </Dialog.Title>
          <Dialog.Close className="icon-button set-dialog-close" aria-label={texts.close}>
            <X size={18} />
          </Dialog.Close>
          <ErrorsProvider value={errors}>
            <form onSubmit={(event) => void submit(event)} noValidate>
              <Fields form={form} onForm={setForm} queues={queues} isNew={node === undefined} />
              <ErrorLine text={saving.trouble && `${saving.trouble.title} ${saving.trouble.detail}`} />
              <div className="dialog-actions">
                <button type="button" className="button" onClick={onClose} disabled={saving.busy}>
                  {texts.cancel}
                </button>
                <button type="submit" className="button button-primary" disabled={saving.busy}>
                  {saving.busy ? words.save.saving : node ? words.save.save : words.dispositions.create}
                </button>
              </div>
            </form>
          </ErrorsProvider>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface FieldsProps {
  form: DispositionForm;
  onForm(form: DispositionForm): void;
  queues: readonly Queue[];
  isNew: boolean;
}

function Fields({ form, onForm, queues, isNew }: FieldsProps) {
  const set = (change: Partial<DispositionForm>) => onForm({ ...form, ...change });
  return (
    <>
      <Setting label={words.dispositions.name} path="name">
        {(field) => (
          <input
            {...field}
            className="set-input"
            maxLength={LONGEST}
            value={form.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        )}
      </Setting>
      <Setting label={words.dispositions.queues} hint={words.dispositions.queuesHint} path="queue_ids" withParts group>
        {() => (
          <span className="set-line">
            <Select
              aria-label={words.dispositions.queues}
              value={form.some ? "some" : "all"}
              onValue={(choice) => set({ some: choice === "some" })}
            >
              <option value="all">{words.dispositions.allQueues}</option>
              <option value="some">{words.dispositions.someQueues}</option>
            </Select>
            {form.some && (
              <Checks
                label={words.dispositions.queues}
                options={queues}
                chosen={form.queue_ids}
                onChosen={(queue_ids) => set({ queue_ids })}
              />
            )}
          </span>
        )}
      </Setting>
      <Setting label={words.dispositions.callback} hint={words.dispositions.callbackHint} path="callback">
        {(field) => <Switch {...field} on={form.callback} onSwitch={(callback) => set({ callback })} />}
      </Setting>
      {!isNew && (
        <Setting label={words.dispositions.disable} hint={words.dispositions.disableHint} path="disabled">
          {(field) => <Switch {...field} on={form.disabled} onSwitch={(disabled) => set({ disabled })} />}
        </Setting>
      )}
    </>
  );
}
