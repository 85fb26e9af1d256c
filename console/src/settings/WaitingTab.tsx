import type { ReactNode } from "react";
import { ChainEditor, Templates } from "./ChainEditor";
import { withAction } from "./chain";
import { Card, LengthInput, NumberInput, Optional, Setting, Switch, TextArea } from "./fields";
import { Beside } from "./PreviewPanel";
import type { TabProps } from "./QueuePage";
import { FALLBACK_ACTIONS, StepFields } from "./StepFields";
import { Timeline } from "./Timeline";
import { words } from "./texts";

const USUAL_SIZE = 50;
const USUAL_WAIT = 1_800;

/** From arrival until somebody takes the chat. */
export function WaitingTab(props: TabProps & { aside: ReactNode }) {
  return (
    <>
      <Card title={words.picture.title}>
        <Timeline {...props} />
      </Card>
      <Beside aside={props.aside}>
        <Card title={words.chain.title} hint={words.chain.lead} aside={<Templates {...props} />}>
          <ChainEditor {...props} />
        </Card>
        <Limits {...props} />
      </Beside>
    </>
  );
}

function Limits({ editing, context, setPolicy }: TabProps) {
  const { policy } = editing.value;
  const setSize = (max_waiting: number) => {
    const { overflow } = policy;
    const needed = max_waiting !== 0 && overflow.action === "";
    setPolicy({ max_waiting, ...(needed ? { overflow: withAction(overflow, "close", context.around) } : {}) });
  };
  return (
    <Card title={words.limits.title}>
      <Setting label={words.limits.size} path="policy.max_waiting">
        {(field) => (
          <Optional
            field={field}
            value={policy.max_waiting}
            onValue={setSize}
            none={words.limits.sizeNone}
            some={words.limits.sizeSome}
            initial={USUAL_SIZE}
          >
            <NumberInput value={policy.max_waiting} onValue={setSize} min={1} aria-label={words.limits.size} />
            {words.limits.sizeUnit}
          </Optional>
        )}
      </Setting>
      {policy.max_waiting !== 0 && (
        <Setting label={words.limits.overflow} path="policy.overflow" group>
          {() => (
            <StepFields
              step={policy.overflow}
              onStep={(overflow) => setPolicy({ overflow })}
              path="policy.overflow"
              actions={policy.overflow.action === "" ? ["", ...FALLBACK_ACTIONS] : FALLBACK_ACTIONS}
              none={words.choose}
              others={context.others}
              people={context.people}
              around={context.around}
              label={words.limits.overflow}
            />
          )}
        </Setting>
      )}
      <Setting label={words.limits.wait} path="policy.max_wait_seconds">
        {(field) => (
          <Optional
            field={field}
            value={policy.max_wait_seconds}
            onValue={(max_wait_seconds) => setPolicy({ max_wait_seconds })}
            none={words.limits.waitNone}
            some={words.limits.waitSome}
            initial={Math.max(USUAL_WAIT, 2 * (policy.fallback.at(-1)?.after_seconds || 0))}
          >
            <LengthInput
              value={policy.max_wait_seconds}
              onValue={(max_wait_seconds) => setPolicy({ max_wait_seconds })}
              label={words.limits.wait}
            />
          </Optional>
        )}
      </Setting>
      {policy.max_wait_seconds !== 0 && (
        <Setting label={words.limits.timedOut} hint={words.limits.timedOutHint} path="policy.timed_out_text">
          {(field) => (
            <TextArea
              {...field}
              value={policy.timed_out_text}
              onValue={(timed_out_text) => setPolicy({ timed_out_text })}
            />
          )}
        </Setting>
      )}
      <Place editing={editing} context={context} setPolicy={setPolicy} />
    </Card>
  );
}

const PLACEHOLDERS = [
  ["{position}", words.limits.placePosition],
  ["{wait}", words.limits.placeWait],
] as const;

function Place({ editing, setPolicy }: TabProps) {
  const text = editing.value.policy.tell_position;
  const set = (tell_position: string) => setPolicy({ tell_position });
  return (
    <Setting label={words.limits.place} hint={words.limits.placeHint} path="policy.tell_position">
      {(field) => (
        <>
          <Switch {...field} on={text !== ""} onSwitch={(on) => set(on ? words.limits.placeDefault : "")} />
          {text !== "" && (
            <>
              <TextArea aria-label={words.limits.place} value={text} onValue={set} />
              <span className="set-line">
                {PLACEHOLDERS.map(([placeholder, name]) => (
                  <button
                    key={placeholder}
                    type="button"
                    className="chip"
                    title={words.limits.insert(name)}
                    onClick={() => set(`${text.trimEnd()} ${placeholder}`)}
                  >
                    + {name}
                  </button>
                ))}
              </span>
            </>
          )}
        </>
      )}
    </Setting>
  );
}
