import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Queue, Role } from "../api/types";
import { useLive } from "../live/live";
import { texts } from "../texts";
import { type NewPerson, type Person, type PersonChange, settingsApi } from "./api";
import { useRenew } from "./data";
import { type FieldErrors, NO_ERRORS, same } from "./errors";
import { Checks, ErrorLine, ErrorsProvider, NumberInput, Select, Setting } from "./fields";
import { ChannelsField } from "./GeneralTab";
import { useShell } from "./Shell";
import { type Saving, useSaving } from "./saving";
import { words } from "./texts";

const SHORTEST_PASSWORD = 10;
const MOST_CHATS = 20;
const ROLES: readonly Role[] = ["agent", "supervisor", "admin", "campaign_manager", "operator", "super_admin"];

interface PersonForm {
  name: string;
  email: string;
  role: Role;
  password: string;
  max_chats: number;
  channel_types: Person["channel_types"];
  queue_ids: string[];
}

function formOf(person: Person | undefined): PersonForm {
  return {
    name: person?.name ?? "",
    email: person?.email ?? "",
    role: person?.role ?? "agent",
    password: "",
    max_chats: person?.max_chats ?? 5,
    channel_types: person?.channel_types ?? [],
    queue_ids: [...(person?.queue_ids ?? [])],
  };
}

function wrongIn(form: PersonForm, isNew: boolean): FieldErrors {
  return {
    ...(form.name.trim() === "" ? { name: words.people.needName } : {}),
    ...(form.email.trim() === "" ? { email: words.people.needEmail } : {}),
    ...((isNew || form.password !== "") && [...form.password].length < SHORTEST_PASSWORD
      ? { password: words.people.passwordShort(SHORTEST_PASSWORD) }
      : {}),
  };
}

/** Only what differs; a password only when one was written. */
function changeOf(form: PersonForm, before: PersonForm): PersonChange {
  return {
    ...(form.name.trim() !== before.name ? { name: form.name.trim() } : {}),
    ...(form.role !== before.role ? { role: form.role } : {}),
    ...(form.password !== "" ? { password: form.password } : {}),
    ...(form.max_chats !== before.max_chats ? { max_chats: form.max_chats } : {}),
    ...(!same(form.channel_types, before.channel_types) ? { channel_types: form.channel_types } : {}),
    ...(!same(form.queue_ids, before.queue_ids) ? { queue_ids: form.queue_ids } : {}),
  };
}

interface Props {
  /** Absent for somebody new. */
  person: Person | undefined;
  queues: readonly Queue[];
  onClose(): void;
}

/** One person's role, cap, channels and queues. */
export function PersonDialog({ person, queues, onClose }: Props) {
  const [form, setForm] = useState(() => formOf(person));
  const [tried, setTried] = useState(false);
  const [disabling, setDisabling] = useState(false);
  const saving = useSaving(form);
  const renew = useRenew();
  const { flash } = useShell();
  const wrong = tried ? wrongIn(form, person === undefined) : NO_ERRORS;
  const errors = { ...wrong, ...saving.errors };

  const finish = async (done: boolean, text: string) => {
    if (!done) return;
    flash(text);
    onClose();
    await renew();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(wrongIn(form, person === undefined)).length > 0) return;
    const name = form.name.trim();
    const save = async () => {
      if (person) await settingsApi.patchPerson(person.id, changeOf(form, formOf(person)));
      else await settingsApi.createPerson({ ...form, name, email: form.email.trim() } satisfies NewPerson);
    };
    await finish(
      await saving.run([{ name, under: "", save }]),
      person ? words.people.changed(name) : words.people.created(name),
    );
  };
  const setDisabled = async (disabled: boolean) => {
    if (!person) return;
    const save = async () => {
      await settingsApi.patchPerson(person.id, { disabled });
    };
    await finish(
      await saving.run([{ name: person.name, under: "", save }]),
      disabled ? words.people.wasDisabled(person.name) : words.people.wasEnabled(person.name),
    );
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && !saving.busy && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="popup dialog set-dialog set-dialog-wide" data-testid="person-dialog">
          <Dialog.Title>{person ? words.people.editTitle(person.name) : words.people.newTitle}</Dialog.Title>
          <Dialog.Close className="icon-button set-dialog-close" aria-label={texts.close}>
            <X size={18} />
          </Dialog.Close>
          <ErrorsProvider value={errors}>
            {disabling && person ? (
              <ConfirmDisable
                person={person}
                saving={saving}
                onConfirm={() => void setDisabled(true)}
                onBack={() => setDisabling(false)}
              />
            ) : (
              <form onSubmit={(event) => void submit(event)} noValidate>
                <Fields form={form} onForm={setForm} queues={queues} person={person} />
                <Foot
                  person={person}
                  saving={saving}
                  onClose={onClose}
                  onDisable={() => setDisabling(true)}
                  onEnable={() => void setDisabled(false)}
                />
              </form>
            )}
          </ErrorsProvider>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface FieldsProps {
  form: PersonForm;
  onForm(form: PersonForm): void;
  queues: readonly Queue[];
  person: Person | undefined;
}

function Fields({ form, onForm, queues, person }: FieldsProps) {
  const { user } = useLive();
  const set = (change: Partial<PersonForm>) => onForm({ ...form, ...change });
  const takes = form.role === "agent" || form.role === "supervisor";
  const roles = ROLES.filter((role) => role !== "super_admin" || user.role === "super_admin" || form.role === role);
  return (
    <>
      <Setting label={words.people.name} hint={words.people.nameHint} path="name">
        {(field) => (
          <input
            {...field}
            className="set-input"
            maxLength={100}
            autoComplete="off"
            value={form.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        )}
      </Setting>
      <Setting label={words.people.email} hint={person ? undefined : words.people.emailHint} path="email">
        {(field) => (
          <input
            {...field}
            className="set-input"
            type="email"
            autoComplete="off"
            disabled={person !== undefined}
            value={form.email}
            onChange={(event) => set({ email: event.target.value })}
          />
        )}
      </Setting>
      <Setting
        label={person ? words.people.newPassword : words.people.password}
        hint={person ? words.people.newPasswordHint : words.people.passwordHint}
        path="password"
      >
        {(field) => (
          <input
            {...field}
            className="set-input"
            type="password"
            autoComplete="new-password"
            value={form.password}
            onChange={(event) => set({ password: event.target.value })}
          />
        )}
      </Setting>
      <Setting label={words.people.role} hint={words.people.roles[form.role]?.[1]} path="role">
        {(field) => (
          <Select
            {...field}
            value={form.role}
            disabled={person?.id === user.id}
            onValue={(role) => set({ role: role as Role })}
          >
            {roles.map((role) => (
              <option key={role} value={role}>
                {words.people.roles[role]?.[0]}
              </option>
            ))}
          </Select>
        )}
      </Setting>
      {takes && (
        <>
          <Setting label={words.people.cap} hint={words.people.capHint} path="max_chats">
            {(field) => (
              <NumberInput
                {...field}
                value={form.max_chats}
                min={1}
                max={MOST_CHATS}
                onValue={(max_chats) => set({ max_chats })}
              />
            )}
          </Setting>
          <Setting label={words.people.channels} hint={words.people.channelsHint} path="channel_types" withParts group>
            {() => <ChannelsField chosen={form.channel_types} onChosen={(channel_types) => set({ channel_types })} />}
          </Setting>
          <Setting label={words.people.queues} path="queue_ids" withParts group>
            {() =>
              queues.length === 0 ? (
                <span className="muted">{words.people.queuesNone}</span>
              ) : (
                <Checks
                  label={words.people.queues}
                  options={queues}
                  chosen={form.queue_ids}
                  onChosen={(queue_ids) => set({ queue_ids })}
                />
              )
            }
          </Setting>
        </>
      )}
    </>
  );
}

interface FootProps {
  person: Person | undefined;
  saving: Saving;
  onClose(): void;
  onDisable(): void;
  onEnable(): void;
}

function Foot({ person, saving, onClose, onDisable, onEnable }: FootProps) {
  const { user } = useLive();
  return (
    <>
      <ErrorLine text={saving.trouble && `${saving.trouble.title} ${saving.trouble.detail}`} />
      <div className="dialog-actions set-wrap">
        {person && person.id !== user.id && (
          <button
            type="button"
            className={person.disabled_at ? "button set-first" : "button set-first set-danger"}
            disabled={saving.busy}
            onClick={person.disabled_at ? onEnable : onDisable}
          >
            {person.disabled_at ? words.people.enable : words.people.disable}
          </button>
        )}
        <button type="button" className="button" onClick={onClose} disabled={saving.busy}>
          {texts.cancel}
        </button>
        <button type="submit" className="button button-primary" disabled={saving.busy}>
          {saving.busy ? words.people.saving : person ? words.save.save : words.people.create}
        </button>
      </div>
    </>
  );
}

interface ConfirmProps {
  person: Person;
  saving: Saving;
  onConfirm(): void;
  onBack(): void;
}

function ConfirmDisable({ person, saving, onConfirm, onBack }: ConfirmProps) {
  return (
    <div className="set-confirm">
      <p className="problem" role="alert">
        <strong>{words.people.disableTitle(person.name)}</strong>
        {words.people.disableText(person.name, person.open_chats)}
      </p>
      <ErrorLine text={saving.trouble && `${saving.trouble.title} ${saving.trouble.detail}`} />
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onBack} disabled={saving.busy}>
          {texts.back}
        </button>
        <button type="button" className="button set-danger" onClick={onConfirm} disabled={saving.busy}>
          {saving.busy ? words.people.saving : words.people.disable}
        </button>
      </div>
    </div>
  );
}
