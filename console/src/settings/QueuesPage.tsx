import { Dialog } from "@base-ui/react/dialog";
import { ChevronRight, Plus, Rows3 } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Queue } from "../api/types";
import { linkTo, navigate } from "../live/route";
import { texts } from "../texts";
import { Empty, Failure, Skeleton } from "../views/basics";
import { settingsApi } from "./api";
import { sentenceOfCause, useQueues, useRenew } from "./data";
import { ErrorLine, ErrorsProvider, Setting } from "./fields";
import { PrioritySelect } from "./GeneralTab";
import { PageHead, useShell } from "./Shell";
import { useSaving } from "./saving";
import { words } from "./texts";

/** All queues of the account. */
export function QueuesPage() {
  const { readOnly } = useShell();
  const queues = useQueues();
  const [adding, setAdding] = useState(false);
  const add = !readOnly && (
    <button type="button" className="button button-primary" onClick={() => setAdding(true)} data-testid="add-queue">
      <Plus size={16} aria-hidden="true" />
      {words.queues.add}
    </button>
  );
  return (
    <>
      <PageHead title={words.pages.queues} lead={words.leads.queues} aside={add} />
      {queues.isError && !queues.data && (
        <Failure
          title={words.loadFailed}
          detail={sentenceOfCause(queues.error)}
          onRetry={() => void queues.refetch()}
        />
      )}
      {!queues.data && !queues.isError && <Skeleton rows={4} kind="row" label={words.loading} />}
      {queues.data?.length === 0 && (
        <Empty icon={<Rows3 size={24} />} title={words.queues.none}>
          <p>{words.queues.noneText}</p>
        </Empty>
      )}
      {queues.data && queues.data.length > 0 && (
        <ul className="set-list">
          {queues.data.map((queue) => (
            <Row key={queue.id} queue={queue} />
          ))}
        </ul>
      )}
      {adding && <NewQueue onClose={() => setAdding(false)} />}
    </>
  );
}

function Row({ queue }: { queue: Queue }) {
  const members = queue.member_ids.length;
  return (
    <li>
      <a
        className="set-list-row"
        {...linkTo({ page: "settings", settings: `queues/${queue.id}` })}
        data-testid="queue-row"
        data-queue-id={queue.id}
      >
        <span className="set-list-main">
          <strong>{queue.name}</strong>
          <span className="muted">
            {members === 0 ? words.queues.nobody : words.queues.members(members)} ·{" "}
            {words.queues.waiting(queue.waiting)}
          </span>
        </span>
        <span className="muted tabular">
          {words.queues.priority} {queue.priority}
        </span>
        <ChevronRight size={18} aria-hidden="true" />
      </a>
    </li>
  );
}

function NewQueue({ onClose }: { onClose(): void }) {
  const [form, setForm] = useState({ name: "", priority: 5 });
  const saving = useSaving(form);
  const renew = useRenew();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    let made: Queue | undefined;
    const create = async () => {
      made = await settingsApi.createQueue({ ...form, name: form.name.trim() });
    };
    const saved = await saving.run([{ name: form.name, under: "", save: create }]);
    if (!saved || !made) return;
    await renew();
    onClose();
    navigate({ page: "settings", settings: `queues/${made.id}/members` });
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && !saving.busy && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="popup dialog set-dialog" data-testid="new-queue">
          <Dialog.Title>{words.queues.addTitle}</Dialog.Title>
          <p className="set-dialog-text">{words.queues.addLead}</p>
          <ErrorsProvider value={saving.errors}>
            <form onSubmit={(event) => void submit(event)}>
              <Setting label={words.queues.name} hint={words.queues.nameHint} path="name">
                {(field) => (
                  <input
                    {...field}
                    className="set-input"
                    required
                    maxLength={100}
                    value={form.name}
                    onChange={(event) => setForm({ ...form, name: event.target.value })}
                  />
                )}
              </Setting>
              <Setting label={words.queues.priority} hint={words.queues.priorityHint} path="priority">
                {(field) => (
                  <PrioritySelect
                    {...field}
                    value={form.priority}
                    onPriority={(priority) => setForm({ ...form, priority })}
                  />
                )}
              </Setting>
              <ErrorLine text={saving.trouble?.detail} />
              <div className="dialog-actions">
                <button type="button" className="button" onClick={onClose} disabled={saving.busy}>
                  {texts.cancel}
                </button>
                <button type="submit" className="button button-primary" disabled={saving.busy}>
                  {saving.busy ? words.queues.creating : words.queues.create}
                </button>
              </div>
            </form>
          </ErrorsProvider>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
