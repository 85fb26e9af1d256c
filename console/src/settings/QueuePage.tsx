import { ArrowLeft, HistoryIcon } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Problem } from "../api/client";
import type { Disposition, Queue } from "../api/types";
import { useNow } from "../live/hooks";
import { useLive } from "../live/live";
import { linkTo, navigate } from "../live/route";
import { Failure, Skeleton } from "../views/basics";
import { type Person, type QueueSettings, type Rules, settingsApi } from "./api";
import { ChatTab } from "./ChatTab";
import type { Around } from "./chain";
import {
  sentenceOfCause,
  useDispositions,
  usePeople,
  usePolicies,
  usePreview,
  useQueue,
  useQueues,
  useRenew,
  useRules,
} from "./data";
import { emptyNumbers, type FieldErrors, NO_ERRORS, placeErrors } from "./errors";
import { ErrorsProvider } from "./fields";
import { GeneralTab } from "./GeneralTab";
import { History } from "./History";
import { HoursTab } from "./HoursTab";
import { jumpTo } from "./jump";
import { LeaveGuard } from "./LeaveGuard";
import { MembersTab } from "./MembersTab";
import { PreviewPanel } from "./PreviewPanel";
import { formOf, neededFor, notesOf, placeName, type QueueForm, TABS, type Tab, tabOf, wrongTabs } from "./queueForm";
import { SaveBar } from "./SaveBar";
import { Missing, useShell } from "./Shell";
import { type Part, useSaving } from "./saving";
import { words } from "./texts";
import type { Choice, Policy } from "./types";
import { type Editing, useBaseVersion, useDraft } from "./useDraft";
import { changedParts, POLICY_PARTS } from "./versions";
import { WaitingTab } from "./WaitingTab";

/** What a queue's tabs know beside the form. */
export interface QueueContext {
  id: string;
  rules: Rules;
  others: readonly Choice[];
  people: readonly Person[];
  dispositions: readonly Disposition[];
  around: Around;
}

/** What each tab gets. */
export interface TabProps {
  editing: Editing<QueueForm>;
  context: QueueContext;
  setPolicy(part: Partial<Policy>): void;
}

export function QueuePage({ id, tab }: { id: string; tab: string | undefined }) {
  const queue = useQueue(id);
  const rules = useRules();
  const queues = useQueues();
  const people = usePeople();
  const dispositions = useDispositions();
  const needed = [queue, rules, queues, people];
  const failed = needed.find((query) => query.isError && !query.data);
  const current = TABS.find((name) => name === tab) ?? (tab === undefined ? "general" : undefined);
  if (failed?.error instanceof Problem && failed.error.status === 404) return <Missing />;
  if (failed) {
    return (
      <Failure
        title={words.loadFailed}
        detail={sentenceOfCause(failed.error)}
        onRetry={() => void Promise.all(needed.map((query) => query.refetch()))}
      />
    );
  }
  if (!queue.data || !rules.data || !queues.data || !people.data) {
    return <Skeleton rows={6} kind="row" label={words.loading} />;
  }
  if (!current) return <Missing />;
  return (
    <Form
      key={id}
      queue={queue.data}
      rules={rules.data}
      queues={queues.data}
      people={people.data}
      dispositions={dispositions.data ?? []}
      tab={current}
    />
  );
}

interface FormProps {
  queue: QueueSettings;
  rules: Rules;
  queues: readonly Queue[];
  people: readonly Person[];
  dispositions: readonly Disposition[];
  tab: Tab;
}

function useContextOf({ queue, rules, queues, people, dispositions }: FormProps): QueueContext {
  const { user } = useLive();
  return useMemo(() => {
    const others = queues.filter((other) => other.id !== queue.id).map(({ id, name }) => ({ id, name }));
    const around = { otherQueues: others.map((other) => other.id), me: user.id, texts: words.step.defaults };
    return { id: queue.id, rules, others, people, dispositions, around };
  }, [queue.id, rules, queues, people, dispositions, user.id]);
}

/** Saving of the form, part by part. */
function useQueueSaving(props: FormProps, editing: Editing<QueueForm>) {
  const { queue, rules } = props;
  const { flash } = useShell();
  const renew = useRenew();
  const form = editing.value;
  const saving = useSaving(form);
  const base = useBaseVersion(queue.version, editing.changed);
  const save = async (over = false): Promise<boolean> => {
    const needed = neededFor(editing.saved, form);
    const sticky = { ...rules.rules.sticky, ...form.sticky };
    const parts: Part[] = [
      ...(needed.base ? [part(words.queues.tabs.general, "", () => settingsApi.patchQueue(queue.id, pick(form)))] : []),
      ...(needed.members
        ? [part(words.queues.tabs.members, "", () => settingsApi.putMembers(queue.id, form.members))]
        : []),
      ...(needed.sticky
        ? [
            part(words.routing.sticky, "", () =>
              settingsApi.putRules({ ...rules.rules, sticky }, over ? undefined : rules.version),
            ),
          ]
        : []),
      ...(needed.policy
        ? [
            part(words.queues.tabs.waiting, "policy", async () => {
              const saved = await settingsApi.putPolicy(queue.id, form.policy, over ? undefined : base.current);
              base.current = saved.policy_version;
            }),
          ]
        : []),
    ];
    const saved = await saving.run(parts);
    if (saved) {
      editing.settle(form);
      flash(needed.policy ? words.save.savedLater : words.save.saved);
    }
    await renew();
    return saved;
  };
  return { saving, save };
}

const part = (name: string, under: string, send: () => Promise<unknown>): Part => ({
  name,
  under,
  save: async () => {
    await send();
  },
});

const pick = ({ name, priority }: QueueForm) => ({ name: name.trim(), priority });

function Form(props: FormProps) {
  const { queue, rules, tab } = props;
  const { readOnly } = useShell();
  const context = useContextOf(props);
  const editing = useDraft(useMemo(() => formOf(queue, rules), [queue, rules]));
  const form = editing.value;
  const { saving, save } = useQueueSaving(props, editing);
  const { errors, preview } = useErrors(queue.id, form, rules, saving.errors);
  const jump = useJump(queue.id, tab);
  const [history, setHistory] = useState(false);
  const setPolicy = (change: Partial<Policy>) =>
    editing.change((now) => ({ ...now, policy: { ...now.policy, ...change } }));
  const tabProps: TabProps = { editing, context, setPolicy };
  const aside = <PreviewPanel reading={preview} />;
  const content: Record<Tab, ReactNode> = {
    general: <GeneralTab {...tabProps} />,
    members: <MembersTab {...tabProps} />,
    waiting: <WaitingTab {...tabProps} aside={aside} />,
    chats: <ChatTab {...tabProps} aside={aside} />,
    hours: <HoursTab {...tabProps} aside={aside} />,
  };
  return (
    <ErrorsProvider value={errors}>
      <QueueHead
        id={queue.id}
        name={form.name}
        tab={tab}
        wrong={wrongTabs(errors)}
        onHistory={() => setHistory(true)}
      />
      <p className="set-lead">{words.queues.tabLeads[tab]}</p>
      <fieldset className="set-form" disabled={readOnly || saving.busy}>
        <legend className="visually-hidden">{words.queues.tabs[tab]}</legend>
        {content[tab]}
      </fieldset>
      <SaveBar
        changed={editing.changed}
        canUndo={editing.canUndo}
        saving={saving}
        errors={errors}
        notes={notesOf(editing.saved, form)}
        onSave={() => void save()}
        onUndo={editing.undo}
        onReset={() => {
          editing.reset();
          saving.clear();
        }}
        onLoadNewer={() => {
          editing.start(formOf(queue, rules));
          saving.clear();
        }}
        onOverwrite={() => void save(true)}
        onJump={jump}
        placeName={placeName}
      />
      <LeaveGuard changed={editing.changed} name={form.name} within={`queues/${queue.id}`} onSave={() => save()} />
      <Versions
        id={queue.id}
        open={history}
        onClose={() => setHistory(false)}
        readOnly={readOnly}
        onRestore={(policy) => setPolicy(policy)}
      />
    </ErrorsProvider>
  );
}

/** What is wrong: what a save refused, what the preview finds, and numbers left empty. */
function useErrors(id: string, form: QueueForm, rules: Rules, refused: FieldErrors) {
  const settings = useMemo(
    () => ({ ...rules.rules, sticky: { ...rules.rules.sticky, ...form.sticky } }),
    [rules, form.sticky],
  );
  const preview = usePreview(id, form.policy, settings);
  const errors = useMemo(() => {
    const empty = emptyNumbers(form).map((path) => [path, words.save.empty]);
    const found = preview.preview?.errors ?? [];
    const live = preview.of?.policy === form.policy && preview.of.settings === settings;
    const ofRules = (location: string) => /^(body\.)?settings\b/.test(location);
    const told = live
      ? {
          ...placeErrors(
            found.filter((error) => !ofRules(error.location)),
            "policy",
          ),
          ...placeErrors(found.filter((error) => ofRules(error.location))),
        }
      : NO_ERRORS;
    return { ...told, ...refused, ...Object.fromEntries(empty) };
  }, [form, settings, preview.preview, preview.of, refused]);
  return { errors, preview };
}

/** Goes to the field of an error, on whichever tab it stands. */
function useJump(id: string, tab: Tab): (path: string) => void {
  const wanted = useRef<string>(undefined);
  useEffect(() => {
    if (wanted.current === undefined || tabOf(wanted.current) !== tab) return;
    jumpTo(wanted.current);
    wanted.current = undefined;
  }, [tab]);
  return (path) => {
    if (tabOf(path) === tab) {
      jumpTo(path);
      return;
    }
    wanted.current = path;
    navigate({ page: "settings", settings: `queues/${id}/${tabOf(path)}` });
  };
}

interface HeadProps {
  id: string;
  name: string;
  tab: Tab;
  wrong: ReadonlySet<Tab>;
  onHistory(): void;
}

function QueueHead({ id, name, tab, wrong, onHistory }: HeadProps) {
  return (
    <header className="set-head">
      <a className="link-button" {...linkTo({ page: "settings", settings: "queues" })}>
        <ArrowLeft size={16} aria-hidden="true" />
        {words.back}
      </a>
      <div className="set-head-line">
        <h1>{name || words.queues.name}</h1>
        <button type="button" className="button button-small" onClick={onHistory} data-testid="open-history">
          <HistoryIcon size={15} aria-hidden="true" />
          {words.history.open}
        </button>
      </div>
      <nav className="set-tabs" aria-label={name}>
        {TABS.map((each) => (
          <a
            key={each}
            {...linkTo({ page: "settings", settings: `queues/${id}/${each}` })}
            aria-current={each === tab ? "page" : undefined}
            data-wrong={wrong.has(each)}
            data-testid={`tab-${each}`}
          >
            {words.queues.tabs[each]}
            {wrong.has(each) && <span className="visually-hidden"> ({words.save.wrong(1)})</span>}
          </a>
        ))}
      </nav>
    </header>
  );
}

interface VersionsProps {
  id: string;
  open: boolean;
  readOnly: boolean;
  onClose(): void;
  onRestore(policy: Policy): void;
}

function Versions({ id, open, readOnly, onClose, onRestore }: VersionsProps) {
  const { flash } = useShell();
  const versions = usePolicies(id, open);
  const now = useNow();
  return (
    <History
      open={open}
      onClose={onClose}
      versions={versions.data}
      failed={versions.isError}
      onRetry={() => void versions.refetch()}
      now={now}
      compare={(before, after) => changedParts(before, after, POLICY_PARTS)}
      onRestore={
        readOnly
          ? undefined
          : (version) => {
              onRestore(version.body);
              onClose();
              flash(words.history.restored(version.version));
            }
      }
    />
  );
}
