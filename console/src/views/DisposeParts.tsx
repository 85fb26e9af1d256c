import { PhoneCall } from "lucide-react";
import { useId } from "react";
import { serverNow } from "../state/clock";
import { type DisposeDraft, LONGEST_NOTE, lengthOf } from "../state/disposal";
import { instantOf, localOf, momentIn, ownZone, zones } from "../state/zone";
import { texts } from "../texts";

interface PartProps {
  draft: DisposeDraft;
  busy: boolean;
  onDraft(draft: DisposeDraft): void;
}

/** What the next agent should know. */
export function NoteField({ draft, busy, onDraft }: PartProps) {
  const id = useId();
  const length = lengthOf(draft.note.trim());
  const over = length > LONGEST_NOTE;
  return (
    <div className="field">
      <label htmlFor={id}>
        {texts.dispose.note} <span className="muted">({texts.dispose.noteOptional})</span>
      </label>
      <textarea
        id={id}
        rows={2}
        value={draft.note}
        dir="auto"
        disabled={busy}
        aria-invalid={over}
        aria-describedby={`${id}-count`}
        onChange={(event) => onDraft({ ...draft, note: event.target.value })}
        placeholder={texts.dispose.notePlaceholder}
        data-testid="dispose-note"
      />
      <small id={`${id}-count`} className="counter tabular" data-over={over} data-testid="note-count">
        {texts.dispose.noteCount(length, LONGEST_NOTE)}
      </small>
    </div>
  );
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function inOneHour(zone: string): string {
  return localOf(Math.ceil((serverNow() + HOUR) / (5 * MINUTE)) * 5 * MINUTE, zone);
}

const tomorrowAtNine = (zone: string) => `${localOf(serverNow() + DAY, zone).slice(0, 10)}T09:00`;

/** When the customer is to be called back, in the zone that was agreed. */
export function CallbackFields({ draft, busy, onDraft }: PartProps) {
  const id = useId();
  const at = instantOf(draft.callback, draft.zone);
  const mine = ownZone();
  const set = (callback: string) => onDraft({ ...draft, callback });
  return (
    <fieldset className="callback" disabled={busy} data-testid="callback">
      <legend>
        <PhoneCall size={15} aria-hidden="true" />
        {texts.dispose.callbackTitle}
      </legend>
      <div className="callback-fields">
        <label className="field" htmlFor={`${id}-at`}>
          {texts.dispose.callbackAt}
          <input
            id={`${id}-at`}
            type="datetime-local"
            value={draft.callback}
            min={localOf(serverNow(), draft.zone)}
            onChange={(event) => set(event.target.value)}
            data-testid="callback-at"
          />
        </label>
        <label className="field" htmlFor={`${id}-zone`}>
          {texts.dispose.callbackZone}
          <select
            id={`${id}-zone`}
            value={draft.zone}
            onChange={(event) => onDraft({ ...draft, zone: event.target.value })}
            data-testid="callback-zone"
          >
            {zones(draft.zone, mine).map((zone) => (
              <option key={zone} value={zone}>
                {zone.replaceAll("_", " ")}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div className="chips callback-chips">
        <button type="button" className="chip" onClick={() => set(inOneHour(draft.zone))}>
          {texts.dispose.callbackQuick.hour}
        </button>
        <button
          type="button"
          className="chip"
          onClick={() => set(tomorrowAtNine(draft.zone))}
          data-testid="callback-tomorrow"
        >
          {texts.dispose.callbackQuick.tomorrow}
        </button>
      </div>
      {at !== undefined && draft.zone !== mine && (
        <small className="muted">{texts.dispose.callbackHere(momentIn(new Date(at).toISOString(), mine))}</small>
      )}
    </fieldset>
  );
}

/** Books a break for when this chat is done. */
export function BreakAfter({ draft, busy, reasons, onDraft }: PartProps & { reasons: readonly string[] }) {
  const on = draft.breakAfter !== undefined;
  return (
    <div className="break-after">
      <label className="check">
        <input
          type="checkbox"
          checked={on}
          disabled={busy}
          onChange={(event) => onDraft({ ...draft, breakAfter: event.target.checked ? (reasons[0] ?? "") : undefined })}
          data-testid="break-after"
        />
        {texts.dispose.breakAfter}
      </label>
      {on && (
        <select
          value={draft.breakAfter}
          disabled={busy}
          aria-label={texts.dispose.breakReason}
          onChange={(event) => onDraft({ ...draft, breakAfter: event.target.value })}
          data-testid="break-reason"
        >
          {reasons.map((reason) => (
            <option key={reason} value={reason}>
              {reason}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}
