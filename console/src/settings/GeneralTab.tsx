import { texts } from "../texts";
import { Card, Checks, type FieldProps, Radios, Select, Setting } from "./fields";
import { CHANNEL_TYPES } from "./model";
import type { TabProps } from "./QueuePage";
import { words } from "./texts";
import type { Strategy } from "./types";

const PRIORITIES = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const STRATEGIES: readonly Strategy[] = ["longest_idle", "least_busy", "round_robin"];

interface PriorityProps extends Partial<FieldProps> {
  value: number;
  onPriority(priority: number): void;
  "aria-label"?: string;
}

export function PrioritySelect({ value, onPriority, ...rest }: PriorityProps) {
  return (
    <Select {...rest} value={String(value)} onValue={(choice) => onPriority(Number(choice))}>
      {PRIORITIES.map((priority) => (
        <option key={priority} value={priority}>
          {words.queues.priorityOf(priority)}
        </option>
      ))}
    </Select>
  );
}

export const CHANNEL_CHOICES = CHANNEL_TYPES.map((type) => ({ id: type, name: texts.channels[type] }));

/** Name, priority, channels, and who of the free members is next. */
export function GeneralTab({ editing, setPolicy }: TabProps) {
  const { value: form, change } = editing;
  const { policy } = form;
  return (
    <>
      <Card title={words.queues.tabs.general}>
        <Setting label={words.queues.name} hint={words.queues.nameHint} path="name">
          {(field) => (
            <input
              {...field}
              className="set-input"
              maxLength={100}
              value={form.name}
              onChange={(event) => change((now) => ({ ...now, name: event.target.value }))}
            />
          )}
        </Setting>
        <Setting label={words.queues.priority} hint={words.queues.priorityHint} path="priority">
          {(field) => (
            <PrioritySelect
              {...field}
              value={form.priority}
              onPriority={(priority) => change((now) => ({ ...now, priority }))}
            />
          )}
        </Setting>
        <Setting label={words.queues.channels} hint={words.queues.channelsHint} path="policy.channels" withParts group>
          {() => <ChannelsField chosen={policy.channels} onChosen={(channels) => setPolicy({ channels })} />}
        </Setting>
      </Card>
      <Card title={words.queues.strategy}>
        <div data-path="policy.strategy">
          <Radios
            label={words.queues.strategy}
            value={policy.strategy}
            onValue={(strategy) => setPolicy({ strategy })}
            options={STRATEGIES.map((value) => {
              const [label, hint] = words.queues.strategies[value];
              return { value, label, hint };
            })}
          />
        </div>
      </Card>
    </>
  );
}

interface ChannelsProps<T extends string> {
  /** Empty means all. */
  chosen: readonly T[];
  onChosen(chosen: T[]): void;
}

/** All channels, or some of them. */
export function ChannelsField({ chosen, onChosen }: ChannelsProps<(typeof CHANNEL_TYPES)[number]>) {
  const some = chosen.length > 0;
  return (
    <span className="set-line">
      <Select
        aria-label={words.queues.channels}
        value={some ? "some" : "all"}
        onValue={(choice) => onChosen(choice === "some" ? [...CHANNEL_TYPES] : [])}
      >
        <option value="all">{words.queues.allChannels}</option>
        <option value="some">{words.queues.someChannels}</option>
      </Select>
      {some && (
        <Checks
          label={words.queues.channels}
          options={CHANNEL_CHOICES}
          chosen={chosen}
          onChosen={(next) => onChosen(CHANNEL_TYPES.filter((type) => next.includes(type)))}
        />
      )}
    </span>
  );
}
