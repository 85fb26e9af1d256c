import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { allNodes, buildTree, isLeaf } from "../state/tree";
import { moveStep, nextAfter } from "./chain";
import {
  Card,
  ErrorLine,
  LengthInput,
  Optional,
  Radios,
  Select,
  Setting,
  Switch,
  TextArea,
  useErrorAt,
} from "./fields";
import { without } from "./model";
import { Beside } from "./PreviewPanel";
import type { TabProps } from "./QueuePage";
import { useShell } from "./Shell";
import { words } from "./texts";
import type { ReplyAction, ReplyStep, SilenceAction, SilenceStep } from "./types";
import type { Unit } from "./units";

const USUAL_OFFER = 30;
const USUAL_HOLD = 7_200;
const USUAL_WRAP_UP = 120;
const SHORT: readonly Unit[] = ["seconds", "minutes"];
const LONG: readonly Unit[] = ["minutes", "hours", "days"];

/** What the clock does once a chat has an agent. */
export function ChatTab(props: TabProps & { aside: ReactNode }) {
  return (
    <Beside aside={props.aside}>
      <Offers {...props} />
      <FirstReply {...props} />
      <Silence {...props} />
      <HoldAndWrapUp {...props} />
    </Beside>
  );
}

function Offers({ editing, setPolicy }: TabProps) {
  const { offer_seconds } = editing.value.policy;
  return (
    <Card title={words.chatTab.offers}>
      <Radios
        label={words.chatTab.offers}
        value={offer_seconds === 0 ? "auto" : "ask"}
        onValue={(choice) => setPolicy({ offer_seconds: choice === "auto" ? 0 : USUAL_OFFER })}
        options={[
          { value: "auto", label: words.chatTab.offerAuto, hint: words.chatTab.offerAutoHint },
          { value: "ask", label: words.chatTab.offerAsk, hint: words.chatTab.offerAskHint },
        ]}
      />
      {offer_seconds !== 0 && (
        <Setting label={words.chatTab.offerTime} path="policy.offer_seconds">
          {(field) => (
            <LengthInput
              {...field}
              label={words.chatTab.offerTime}
              units={SHORT}
              value={offer_seconds}
              onValue={(seconds) => setPolicy({ offer_seconds: seconds })}
            />
          )}
        </Setting>
      )}
    </Card>
  );
}

interface LadderProps<T extends { after_seconds: number }> {
  path: string;
  steps: readonly T[];
  onSteps(steps: T[]): void;
  none: string;
  /** A new step, given its time. */
  fresh(after_seconds: number): T;
  first: number;
  units?: readonly Unit[];
  children(step: T, onStep: (step: T) => void, path: string, number: number): ReactNode;
}

/** Steps by ascending time, each with an action. */
function Ladder<T extends { after_seconds: number }>(props: LadderProps<T>) {
  const { path, steps, onSteps, none, fresh, first } = props;
  const { readOnly } = useShell();
  const error = useErrorAt(path);
  return (
    <div data-path={path} className="set-ladder">
      {steps.length === 0 ? (
        <p className="set-empty">{none}</p>
      ) : (
        <ol>
          {steps.map((step, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
            <Rung key={place} {...props} step={step} place={place} />
          ))}
        </ol>
      )}
      <ErrorLine text={error} />
      {!readOnly && (
        <button
          type="button"
          className="button button-small"
          onClick={() => onSteps([...steps, fresh(nextAfter(steps, first))])}
        >
          <Plus size={15} aria-hidden="true" />
          {words.chain.addStep}
        </button>
      )}
    </div>
  );
}

function Rung<T extends { after_seconds: number }>(props: LadderProps<T> & { step: T; place: number }) {
  const { path: list, steps, onSteps, step, place, units, children } = props;
  const { readOnly } = useShell();
  const path = `${list}.${place}`;
  const number = place + 1;
  const set = (next: T) => onSteps(steps.map((other, at) => (at === place ? next : other)));
  const timeError = useErrorAt(`${path}.after_seconds`);
  const actionError = useErrorAt(`${path}.action`);
  const error = useErrorAt(path);
  return (
    <li className="set-rung" data-path={path}>
      <div className="set-step-line">
        <div className="set-sentence" data-path={`${path}.after_seconds`}>
          <strong>{words.chain.after}</strong>
          <LengthInput
            label={`${words.chain.step(number)}: ${words.chain.after}`}
            value={step.after_seconds}
            onValue={(after_seconds) => set({ ...step, after_seconds })}
            aria-invalid={timeError ? true : undefined}
            {...(units ? { units } : {})}
          />
          {children(step, set, path, number)}
        </div>
        {!readOnly && (
          <span className="set-step-tools">
            <RungMove {...props} by={-1} />
            <RungMove {...props} by={1} />
            <button
              type="button"
              className="icon-button icon-small"
              aria-label={words.chain.removeStep(number)}
              onClick={() => onSteps(steps.filter((_, at) => at !== place))}
            >
              <Trash2 size={16} />
            </button>
          </span>
        )}
      </div>
      <ErrorLine text={timeError ?? actionError ?? error} />
    </li>
  );
}

function RungMove<T extends { after_seconds: number }>({
  steps,
  onSteps,
  place,
  by,
}: LadderProps<T> & { place: number; by: 1 | -1 }) {
  const number = place + 1;
  const to = place + by;
  return (
    <button
      type="button"
      className="icon-button icon-small"
      aria-label={by < 0 ? words.chain.upStep(number) : words.chain.downStep(number)}
      disabled={to < 0 || to >= steps.length}
      onClick={() => onSteps(moveStep(steps, place, to))}
    >
      {by < 0 ? <ArrowUp size={16} /> : <ArrowDown size={16} />}
    </button>
  );
}

const REPLY_ACTIONS: readonly ReplyAction[] = ["remind", "notify", "requeue"];

function FirstReply({ editing, setPolicy }: TabProps) {
  const steps = editing.value.policy.first_reply;
  const unused = REPLY_ACTIONS.find((action) => !steps.some((step) => step.action === action));
  return (
    <Card title={words.chatTab.reply} hint={words.chatTab.replyHint}>
      <Ladder<ReplyStep>
        path="policy.first_reply"
        steps={steps}
        onSteps={(first_reply) => setPolicy({ first_reply })}
        none={words.chatTab.replyNone}
        first={60}
        fresh={(after_seconds) => ({ after_seconds, action: unused ?? "remind" })}
      >
        {(step, onStep, path, number) => (
          <span data-path={`${path}.action`}>
            <Select
              aria-label={`${words.chain.step(number)}: ${words.step.action}`}
              value={step.action}
              onValue={(action) => onStep({ ...step, action: action as ReplyAction })}
            >
              {REPLY_ACTIONS.map((action) => (
                <option key={action} value={action}>
                  {words.chatTab.replyActions[action]}
                </option>
              ))}
            </Select>
          </span>
        )}
      </Ladder>
    </Card>
  );
}

const SILENCE_ACTIONS: readonly SilenceAction[] = ["warn", "end"];
const SILENCE_TEXTS: Readonly<Record<SilenceAction, string>> = {
  warn: words.chatTab.silenceWarn,
  end: words.chatTab.silenceEnd,
};

function withSilence(step: SilenceStep, action: SilenceAction): SilenceStep {
  const ours = step.text === "" || Object.values(SILENCE_TEXTS).includes(step.text);
  return { ...step, action, text: ours ? SILENCE_TEXTS[action] : step.text };
}

function Silence({ editing, setPolicy }: TabProps) {
  const steps = editing.value.policy.silence;
  const next: SilenceAction = steps.some((step) => step.action === "warn") ? "end" : "warn";
  return (
    <Card title={words.chatTab.silence} hint={words.chatTab.silenceHint}>
      <Ladder<SilenceStep>
        path="policy.silence"
        steps={steps}
        onSteps={(silence) => setPolicy({ silence })}
        none={words.chatTab.silenceNone}
        first={300}
        fresh={(after_seconds) => withSilence({ after_seconds, action: next, text: "" }, next)}
      >
        {(step, onStep, path, number) => (
          <>
            <span data-path={`${path}.action`}>
              <Select
                aria-label={`${words.chain.step(number)}: ${words.step.action}`}
                value={step.action}
                onValue={(action) => onStep(withSilence(step, action as SilenceAction))}
              >
                {SILENCE_ACTIONS.map((action) => (
                  <option key={action} value={action}>
                    {words.chatTab.silenceActions[action]}
                  </option>
                ))}
              </Select>
            </span>
            <SilenceText step={step} onStep={onStep} path={`${path}.text`} number={number} />
          </>
        )}
      </Ladder>
    </Card>
  );
}

interface SilenceTextProps {
  step: SilenceStep;
  onStep(step: SilenceStep): void;
  path: string;
  number: number;
}

function SilenceText({ step, onStep, path, number }: SilenceTextProps) {
  const error = useErrorAt(path);
  return (
    <span className="set-whole" data-path={path}>
      <TextArea
        aria-label={`${words.chain.step(number)}: ${words.chatTab.silenceText}`}
        aria-invalid={error ? true : undefined}
        placeholder={
          step.action === "end" ? `${words.chatTab.silenceText} (${words.optional})` : words.chatTab.silenceText
        }
        value={step.text}
        onValue={(text) => onStep({ ...step, text })}
      />
      <ErrorLine text={error} />
    </span>
  );
}

function HoldAndWrapUp({ editing, context, setPolicy }: TabProps) {
  const { hold_seconds, wrap_up } = editing.value.policy;
  const leaves = allNodes(buildTree(context.dispositions)).filter((node) => isLeaf(node) && !node.item.disabled);
  const setWrapUp = (change: Partial<typeof wrap_up>) => setPolicy({ wrap_up: { ...wrap_up, ...change } });
  const setLimit = (seconds: number) => {
    const first = leaves[0]?.item.id;
    if (seconds !== 0 && !wrap_up.disposition && first) setWrapUp({ seconds, disposition: first });
    else if (seconds === 0) setPolicy({ wrap_up: { ...without(wrap_up, "disposition"), seconds } });
    else setWrapUp({ seconds });
  };
  const known = leaves.some((node) => node.item.id === wrap_up.disposition);
  return (
    <>
      <Card title={words.chatTab.wrap} hint={words.chatTab.wrapHint}>
        <Setting label={words.chatTab.wrapLimit} path="policy.wrap_up.seconds">
          {(field) => (
            <Optional
              field={field}
              value={wrap_up.seconds}
              onValue={setLimit}
              none={words.chatTab.wrapNone}
              some={words.chatTab.wrapSome}
              initial={USUAL_WRAP_UP}
            >
              <LengthInput value={wrap_up.seconds} onValue={setLimit} label={words.chatTab.wrapLimit} />
            </Optional>
          )}
        </Setting>
        {wrap_up.seconds !== 0 && (
          <Setting label={words.chatTab.wrapDisposition} path="policy.wrap_up.disposition">
            {(field) => (
              <Select
                {...field}
                value={wrap_up.disposition ?? ""}
                onValue={(disposition) => setWrapUp({ disposition })}
              >
                {!known && <option value={wrap_up.disposition ?? ""}>{words.chatTab.wrapDispositionNone}</option>}
                {leaves.map((node) => (
                  <option key={node.item.id} value={node.item.id}>
                    {node.path.join(" › ")}
                  </option>
                ))}
              </Select>
            )}
          </Setting>
        )}
        <Setting
          label={words.chatTab.wrapExclusive}
          hint={words.chatTab.wrapExclusiveHint}
          path="policy.wrap_up.exclusive"
        >
          {(field) => <Switch {...field} on={wrap_up.exclusive} onSwitch={(exclusive) => setWrapUp({ exclusive })} />}
        </Setting>
      </Card>
      <Card title={words.chatTab.hold} hint={words.chatTab.holdHint}>
        <Setting label={words.chatTab.holdMax} path="policy.hold_seconds">
          {(field) => (
            <Optional
              field={field}
              value={hold_seconds}
              onValue={(seconds) => setPolicy({ hold_seconds: seconds })}
              none={words.chatTab.holdNone}
              some={words.chatTab.holdSome}
              initial={USUAL_HOLD}
            >
              <LengthInput
                value={hold_seconds}
                onValue={(seconds) => setPolicy({ hold_seconds: seconds })}
                label={words.chatTab.holdMax}
                units={LONG}
              />
            </Optional>
          )}
        </Setting>
      </Card>
    </>
  );
}
