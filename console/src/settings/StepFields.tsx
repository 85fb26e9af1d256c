import { useId } from "react";
import type { Person } from "./api";
import { type Around, endsWait, withAction } from "./chain";
import { Checks, ErrorLine, LengthInput, Select, TextArea, useErrorAt } from "./fields";
import { words } from "./texts";
import type { Action, Choice, Step } from "./types";

interface Props {
  step: Step;
  onStep(step: Step): void;
  /** Where the step lies in the form. */
  path: string;
  actions: readonly Action[];
  others: readonly Choice[];
  people: readonly Person[];
  around: Around;
  /** Said for "nothing", where that can be chosen. */
  none?: string;
  /** Names the choice of the action. */
  label: string;
}

export const FALLBACK_ACTIONS: readonly Action[] = ["widen", "text", "notify", "move", "callback", "close"];

/** What a step does: the action, and only the fields that it needs. */
export function StepFields(props: Props) {
  const error = useErrorAt(`${props.path}.action`);
  return (
    <div className="set-step-fields">
      <ActionSelect {...props} />
      <ErrorLine text={error} />
      <ActionFields {...props} />
    </div>
  );
}

/** The choice of what a step does; its error is for the caller to show. */
export function ActionSelect({ step, onStep, path, actions, around, none, label }: Props) {
  const error = useErrorAt(`${path}.action`);
  return (
    <span data-path={`${path}.action`}>
      <Select
        className="set-action"
        aria-label={label}
        aria-invalid={error ? true : undefined}
        data-testid="step-action"
        value={step.action}
        onValue={(action) => onStep(withAction(step, action as Action, around))}
      >
        {actions.map((action) => (
          <option key={action} value={action}>
            {action === "" && none ? none : words.actions[action]}
          </option>
        ))}
      </Select>
    </span>
  );
}

/** The fields that the action of a step needs. */
export function ActionFields(props: Props) {
  switch (props.step.action) {
    case "":
      return null;
    case "widen":
      return <WidenFields {...props} />;
    case "move":
      return <MoveField {...props} />;
    case "text":
      return <TextField {...props} label={words.step.text} />;
    case "close":
      return <TextField {...props} label={words.step.closeText} />;
    case "notify":
      return <NotifyFields {...props} />;
    case "callback":
      return <CallbackFields {...props} />;
  }
}

interface SubProps {
  label: string;
  hint?: string;
  path: string;
  group?: boolean;
  children(field: {
    id: string;
    "aria-invalid": true | undefined;
    "aria-describedby": string | undefined;
  }): React.ReactNode;
}

/** A field inside a step: name above, control below. */
function Sub({ label, hint, path, group, children }: SubProps) {
  const id = useId();
  const error = useErrorAt(path, true);
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className="set-sub" data-path={path} data-invalid={error !== undefined}>
      {group ? <span className="set-sub-label">{label}</span> : <label htmlFor={id}>{label}</label>}
      {children({
        id,
        "aria-invalid": error ? true : undefined,
        "aria-describedby": described === "" ? undefined : described,
      })}
      {hint && (
        <p className="set-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <ErrorLine id={`${id}-error`} text={error} />
    </div>
  );
}

function WidenFields({ step, onStep, path, others }: Props) {
  const chosen = step.queues ?? [];
  const gone = chosen.filter((id) => !others.some((other) => other.id === id));
  const everyone = others.length > 0 && others.every((other) => chosen.includes(other.id));
  const options = [...others, ...gone.map((id) => ({ id, name: words.step.gone }))];
  return (
    <Sub label={words.step.queues} path={`${path}.queues`} group>
      {() =>
        options.length === 0 ? (
          <p className="set-hint">{words.step.noOther}</p>
        ) : (
          <Checks
            label={words.step.queues}
            data-testid="step-queues"
            options={options}
            chosen={chosen}
            onChosen={(queues) => onStep({ ...step, queues })}
            lead={
              others.length > 1 && (
                <button
                  type="button"
                  className="chip"
                  aria-pressed={everyone}
                  title={words.step.everyoneHint}
                  onClick={() => onStep({ ...step, queues: everyone ? [] : others.map((other) => other.id) })}
                >
                  {words.step.everyone}
                </button>
              )
            }
          />
        )
      }
    </Sub>
  );
}

function MoveField({ step, onStep, path, others }: Props) {
  const known = others.some((other) => other.id === step.queue);
  return (
    <Sub
      label={words.step.queue}
      hint={others.length === 0 ? words.step.noOther : words.step.moveHint}
      path={`${path}.queue`}
    >
      {(field) => (
        <Select
          {...field}
          data-testid="step-queue"
          value={step.queue ?? ""}
          onValue={(queue) => onStep({ ...step, queue })}
        >
          {!known && <option value={step.queue ?? ""}>{step.queue ? words.step.gone : words.choose}</option>}
          {others.map((other) => (
            <option key={other.id} value={other.id}>
              {other.name}
            </option>
          ))}
        </Select>
      )}
    </Sub>
  );
}

function TextField({ step, onStep, path, label }: Props) {
  return (
    <Sub label={label} path={`${path}.text`}>
      {(field) => (
        <TextArea
          {...field}
          data-testid="step-text"
          value={step.text ?? ""}
          onValue={(text) => onStep({ ...step, text })}
        />
      )}
    </Sub>
  );
}

function NotifyFields({ step, onStep, path, people }: Props) {
  const chosen = step.users ?? [];
  const can = people.filter((person) => !person.disabled_at || chosen.includes(person.id));
  const gone = chosen.filter((id) => !people.some((person) => person.id === id));
  const options = [...can, ...gone.map((id) => ({ id, name: words.step.gonePerson }))];
  return (
    <>
      <Sub label={words.step.users} path={`${path}.users`} group>
        {() => (
          <Checks
            label={words.step.users}
            data-testid="step-users"
            options={options}
            chosen={chosen}
            onChosen={(users) => onStep({ ...step, users })}
          />
        )}
      </Sub>
      <Sub label={`${words.step.url} (${words.optional})`} hint={words.step.urlHint} path={`${path}.url`}>
        {(field) => (
          <input
            {...field}
            className="set-input"
            type="url"
            inputMode="url"
            placeholder="https://"
            value={step.url ?? ""}
            onChange={(event) => onStep({ ...step, url: event.target.value })}
          />
        )}
      </Sub>
    </>
  );
}

const CALLBACK_UNITS = ["minutes", "hours", "days"] as const;

function CallbackFields(props: Props) {
  const { step, onStep, path } = props;
  return (
    <>
      <Sub label={words.step.callback} hint={words.step.callbackHint} path={`${path}.callback_minutes`} group>
        {(field) => (
          <span className="set-line">
            <LengthInput
              aria-describedby={field["aria-describedby"]}
              aria-invalid={field["aria-invalid"]}
              label={words.step.callback}
              units={CALLBACK_UNITS}
              value={(step.callback_minutes ?? 0) * 60}
              onValue={(seconds) => onStep({ ...step, callback_minutes: Math.round(seconds / 60) })}
              data-testid="step-callback"
            />
            <span>{words.step.callbackAfter}</span>
          </span>
        )}
      </Sub>
      <TextField {...props} label={words.step.callbackText} />
    </>
  );
}

/** Whether a step after this one is ever reached. */
export const isLast = (step: Step) => endsWait(step.action);
