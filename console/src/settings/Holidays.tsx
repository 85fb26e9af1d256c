import { Plus, Trash2 } from "lucide-react";
import { Card, ErrorLine, Select, useErrorAt } from "./fields";
import { Spans } from "./HoursTab";
import { nextDate, nextSpan } from "./hours";
import type { QueueContext } from "./QueuePage";
import { useShell } from "./Shell";
import { FALLBACK_ACTIONS, StepFields } from "./StepFields";
import { words } from "./texts";
import type { Holiday, Hours } from "./types";

interface Props {
  hours: Hours;
  onHolidays(holidays: Holiday[]): void;
  context: QueueContext;
}

const today = () => new Date().toISOString().slice(0, 10);

/** Days that aren't like their weekday. */
export function Holidays({ hours, onHolidays, context }: Props) {
  const { readOnly } = useShell();
  const { holidays } = hours;
  const error = useErrorAt("policy.hours.holidays");
  const add = () =>
    onHolidays([
      ...holidays,
      {
        date: nextDate(
          holidays.map((day) => day.date),
          today(),
        ),
        name: "",
        spans: [],
        closed: { after_seconds: 0, action: "" },
      },
    ]);
  return (
    <Card title={words.hours.holidays} hint={words.hours.holidaysHint}>
      <div data-path="policy.hours.holidays" className="set-ladder">
        {holidays.length > 0 && (
          <ul>
            {holidays.map((day, place) => (
              <Row
                // biome-ignore lint/suspicious/noArrayIndexKey: a day is its place in the list
                key={place}
                day={day}
                place={place}
                context={context}
                onDay={(next) => onHolidays(holidays.map((other, at) => (at === place ? next : other)))}
                onRemove={() => onHolidays(holidays.filter((_, at) => at !== place))}
              />
            ))}
          </ul>
        )}
        <ErrorLine text={error} />
        {!readOnly && (
          <button type="button" className="button button-small" onClick={add}>
            <Plus size={15} aria-hidden="true" />
            {words.hours.addHoliday}
          </button>
        )}
      </div>
    </Card>
  );
}

interface RowProps {
  day: Holiday;
  place: number;
  context: QueueContext;
  onDay(day: Holiday): void;
  onRemove(): void;
}

function Row({ day, place, context, onDay, onRemove }: RowProps) {
  const { readOnly } = useShell();
  const path = `policy.hours.holidays.${place}`;
  const number = place + 1;
  const dateError = useErrorAt(`${path}.date`);
  const nameError = useErrorAt(`${path}.name`);
  const error = useErrorAt(path);
  const name = day.name || day.date;
  return (
    <li className="set-rung" data-path={path}>
      <div className="set-sentence">
        <input
          type="date"
          className="set-input set-date"
          aria-label={`${words.hours.date} ${number}`}
          aria-invalid={dateError ? true : undefined}
          data-path={`${path}.date`}
          value={day.date}
          onChange={(event) => onDay({ ...day, date: event.target.value })}
        />
        <input
          className="set-input set-holiday-name"
          aria-label={`${words.hours.name} ${number}`}
          aria-invalid={nameError ? true : undefined}
          data-path={`${path}.name`}
          placeholder={words.hours.name}
          maxLength={60}
          value={day.name}
          onChange={(event) => onDay({ ...day, name: event.target.value })}
        />
        <Select
          aria-label={`${name}: ${words.hours.holidayClosed} / ${words.hours.holidayOpen}`}
          value={day.spans.length > 0 ? "open" : "closed"}
          onValue={(choice) => onDay({ ...day, spans: choice === "open" ? [nextSpan([])] : [] })}
        >
          <option value="closed">{words.hours.holidayClosed}</option>
          <option value="open">{words.hours.holidayOpen}</option>
        </Select>
        {day.date !== "" && day.date < today() && <span className="set-tag">{words.hours.past}</span>}
        {!readOnly && (
          <button
            type="button"
            className="icon-button icon-small set-push"
            aria-label={words.hours.removeHoliday(number)}
            onClick={onRemove}
          >
            <Trash2 size={16} />
          </button>
        )}
      </div>
      <ErrorLine text={dateError ?? nameError ?? error} />
      {day.spans.length > 0 && (
        <Spans spans={day.spans} onSpans={(spans) => onDay({ ...day, spans })} path={`${path}.spans`} name={name} />
      )}
      <div className="set-holiday-closed">
        <span className="muted">{words.hours.ownClosed}</span>
        <StepFields
          step={day.closed}
          onStep={(closed) => onDay({ ...day, closed })}
          path={`${path}.closed`}
          actions={["", ...FALLBACK_ACTIONS]}
          none={words.hours.sameClosed}
          others={context.others}
          people={context.people}
          around={context.around}
          label={`${name}: ${words.hours.ownClosed}`}
        />
      </div>
    </li>
  );
}
