import { Menu } from "@base-ui/react/menu";
import { Copy, Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { Card, ErrorLine, Radios, Setting, useErrorAt } from "./fields";
import { Holidays } from "./Holidays";
import {
  copyDay,
  DAYS,
  EVERY_DAY,
  endFromField,
  nextSpan,
  type Preset,
  presetWeek,
  shareOf,
  toField,
  usualHours,
  WEEKDAYS,
  withDay,
} from "./hours";
import { Beside } from "./PreviewPanel";
import type { TabProps } from "./QueuePage";
import { useShell } from "./Shell";
import { FALLBACK_ACTIONS, StepFields } from "./StepFields";
import { words } from "./texts";
import type { Hours, Span } from "./types";
import { ZoneInput } from "./ZoneInput";

/** When the queue is open, and what happens otherwise. */
export function HoursTab(props: TabProps & { aside: ReactNode }) {
  const { editing, setPolicy, context } = props;
  const { hours } = editing.value.policy;
  const set = (change: Partial<Hours>) => hours && setPolicy({ hours: { ...hours, ...change } });
  return (
    <Beside aside={props.aside}>
      <Card title={words.queues.tabs.hours}>
        <div data-path="policy.hours">
          <Radios
            label={words.queues.tabs.hours}
            value={hours === null ? "always" : "some"}
            onValue={(choice) =>
              setPolicy({ hours: choice === "always" ? null : (hours ?? editing.saved.policy.hours ?? usualHours()) })
            }
            options={[
              { value: "always", label: words.hours.always, hint: words.hours.alwaysHint },
              { value: "some", label: words.hours.some, hint: words.hours.someHint },
            ]}
          />
        </div>
        {hours && (
          <Setting label={words.hours.zone} path="policy.hours.zone">
            {(field) => (
              <ZoneInput
                field={field}
                value={hours.zone}
                onZone={(zone) => set({ zone })}
                none={words.hours.zoneAccount(context.rules.rules.zone)}
              />
            )}
          </Setting>
        )}
      </Card>
      {hours && (
        <>
          <Week hours={hours} onWeek={(week) => set({ week })} />
          <Card title={words.hours.closed}>
            <Setting label={words.hours.closedWhat} path="policy.hours.closed" group>
              {() => (
                <StepFields
                  step={hours.closed}
                  onStep={(closed) => set({ closed })}
                  path="policy.hours.closed"
                  actions={["", ...FALLBACK_ACTIONS]}
                  none={words.hours.closedNone}
                  others={context.others}
                  people={context.people}
                  around={context.around}
                  label={words.hours.closedWhat}
                />
              )}
            </Setting>
          </Card>
          <Holidays hours={hours} onHolidays={(holidays) => set({ holidays })} context={context} />
        </>
      )}
    </Beside>
  );
}

const PRESETS: readonly Preset[] = ["office", "long", "always"];

function Week({ hours, onWeek }: { hours: Hours; onWeek(week: Span[][]): void }) {
  const { readOnly } = useShell();
  const error = useErrorAt("policy.hours.week");
  return (
    <Card
      title={words.hours.week}
      hint={words.hours.midnight}
      aside={
        !readOnly && (
          <span className="set-line">
            <span className="muted">{words.hours.preset}</span>
            {PRESETS.map((preset) => (
              <button key={preset} type="button" className="chip" onClick={() => onWeek(presetWeek(preset))}>
                {words.hours.presets[preset]}
              </button>
            ))}
          </span>
        )
      }
    >
      <div className="set-week" data-path="policy.hours.week">
        {DAYS.map((day) => (
          <Day key={day} day={day} week={hours.week} onWeek={onWeek} />
        ))}
      </div>
      <ErrorLine text={error} />
    </Card>
  );
}

function Day({ day, week, onWeek }: { day: number; week: Span[][]; onWeek(week: Span[][]): void }) {
  const { readOnly } = useShell();
  const name = words.hours.days[day] ?? "";
  const spans = week[day] ?? [];
  const path = `policy.hours.week.${day}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset can't be laid out as a grid in every browser
    <div className="set-day" role="group" aria-label={name} data-path={path}>
      <strong className="set-day-name">{name}</strong>
      <DayBar spans={spans} />
      <Spans spans={spans} onSpans={(next) => onWeek(withDay(week, day, next))} path={path} name={name} />
      {!readOnly && (
        <Menu.Root>
          <Menu.Trigger
            className="icon-button icon-small"
            aria-label={words.hours.copy(name)}
            title={words.hours.copy(name)}
          >
            <Copy size={15} />
          </Menu.Trigger>
          <Menu.Portal>
            <Menu.Positioner className="positioner" sideOffset={4} align="end" collisionPadding={8}>
              <Menu.Popup className="popup menu-popup">
                <div className="menu-label">{words.hours.copy(name)}</div>
                <Menu.Item className="menu-item" onClick={() => onWeek(copyDay(week, day, WEEKDAYS))}>
                  {words.hours.copyWeekdays}
                </Menu.Item>
                <Menu.Item className="menu-item" onClick={() => onWeek(copyDay(week, day, EVERY_DAY))}>
                  {words.hours.copyAll}
                </Menu.Item>
                <Menu.Separator className="menu-line" />
                {DAYS.filter((other) => other !== day).map((other) => (
                  <Menu.Item key={other} className="menu-item" onClick={() => onWeek(copyDay(week, day, [other]))}>
                    {words.hours.days[other]}
                  </Menu.Item>
                ))}
              </Menu.Popup>
            </Menu.Positioner>
          </Menu.Portal>
        </Menu.Root>
      )}
    </div>
  );
}

/** A day from midnight to midnight, the open part filled. */
function DayBar({ spans }: { spans: readonly Span[] }) {
  return (
    <svg className="set-day-bar" viewBox="0 0 240 8" preserveAspectRatio="none" aria-hidden="true">
      <rect className="set-day-closed" width="240" height="8" rx="3" />
      {spans.map((span, place) => {
        const share = shareOf(span);
        return (
          share && (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a part of a day is its place
              key={place}
              className="set-day-open"
              x={share.from * 240}
              width={(share.to - share.from) * 240}
              height="8"
              rx="3"
            />
          )
        );
      })}
    </svg>
  );
}

interface SpansProps {
  spans: readonly Span[];
  onSpans(spans: Span[]): void;
  path: string;
  name: string;
}

/** The open parts of a day. */
export function Spans({ spans, onSpans, path, name }: SpansProps) {
  const { readOnly } = useShell();
  const error = useErrorAt(path);
  return (
    <div className="set-spans">
      {spans.length === 0 && <span className="muted">{words.hours.closedDay}</span>}
      {spans.map((span, place) => (
        <SpanFields
          // biome-ignore lint/suspicious/noArrayIndexKey: a part of a day is its place
          key={place}
          span={span}
          number={place + 1}
          name={name}
          path={`${path}.${place}`}
          onSpan={(next) => onSpans(spans.map((other, at) => (at === place ? next : other)))}
          onRemove={() => onSpans(spans.filter((_, at) => at !== place))}
        />
      ))}
      {!readOnly && (
        <button
          type="button"
          className="icon-button icon-small"
          aria-label={words.hours.addSpan(name)}
          title={words.hours.addSpan(name)}
          onClick={() => onSpans([...spans, nextSpan(spans)])}
        >
          <Plus size={16} />
        </button>
      )}
      <ErrorLine text={error} />
    </div>
  );
}

interface SpanProps {
  span: Span;
  number: number;
  name: string;
  path: string;
  onSpan(span: Span): void;
  onRemove(): void;
}

function SpanFields({ span, number, name, path, onSpan, onRemove }: SpanProps) {
  const { readOnly } = useShell();
  const error = useErrorAt(path, true);
  return (
    <span className="set-span" data-path={path} data-invalid={error !== undefined}>
      <input
        type="time"
        className="set-input set-time"
        aria-label={words.hours.from(name, number)}
        aria-invalid={error ? true : undefined}
        value={toField(span.from)}
        onChange={(event) => onSpan({ ...span, from: event.target.value })}
      />
      <span aria-hidden="true">–</span>
      <input
        type="time"
        className="set-input set-time"
        aria-label={words.hours.to(name, number)}
        aria-invalid={error ? true : undefined}
        value={toField(span.to)}
        onChange={(event) => onSpan({ ...span, to: endFromField(event.target.value) })}
      />
      {!readOnly && (
        <button
          type="button"
          className="icon-button icon-small"
          aria-label={words.hours.removeSpan(name, number)}
          onClick={onRemove}
        >
          <X size={15} />
        </button>
      )}
      <ErrorLine text={error} />
    </span>
  );
}
