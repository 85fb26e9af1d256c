import { Popover } from "@base-ui/react/popover";
import { Check, ChevronDown } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Availability, User } from "../api/types";
import { elapsed } from "../state/time";
import { texts } from "../texts";

interface Props {
  user: User;
  now: number;
  onChange(status: Availability, reason?: string): void;
}

/** My status with the time in it; the menu changes it. */
export function StatusControl({ user, now, onChange }: Props) {
  const [open, setOpen] = useState(false);
  const name = texts.status[user.status];
  const time = elapsed(user.status_since, now);
  const choose = (status: Availability, reason?: string) => {
    setOpen(false);
    onChange(status, reason);
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        className="status-trigger"
        data-testid="status-menu"
        data-status={user.status}
        aria-label={`${texts.status.label}: ${texts.status.inState(name, time)}`}
      >
        <span className={`dot dot-${user.status}`} aria-hidden="true" />
        <span className="status-name">
          {name}
          {user.status === "break" && user.status_reason && (
            <span className="status-reason">: {user.status_reason}</span>
          )}
        </span>
        <span className="status-time tabular">{time}</span>
        <ChevronDown size={16} aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="positioner" sideOffset={6} align="start" collisionPadding={8}>
          <Popover.Popup className="popup status-popup">
            <Popover.Title className="visually-hidden">{texts.status.label}</Popover.Title>
            <Choices user={user} onChoose={choose} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Choices({ user, onChoose }: { user: User; onChoose(status: Availability, reason?: string): void }) {
  const reasons = texts.status.reasons;
  const onBreak = user.status === "break";
  return (
    <>
      <Choice
        status="available"
        label={texts.status.available}
        hint={texts.status.availableHint}
        chosen={user.status === "available"}
        onChoose={() => onChoose("available")}
      />
      <div className="status-group">
        <Choice
          status="break"
          label={texts.status.break}
          hint={texts.status.breakHint}
          chosen={onBreak && !user.status_reason}
          onChoose={() => onChoose("break")}
        />
        <div className="chips">
          {reasons.map((reason) => (
            <button
              key={reason}
              type="button"
              className="chip"
              aria-pressed={onBreak && user.status_reason === reason}
              onClick={() => onChoose("break", reason)}
            >
              {reason}
            </button>
          ))}
        </div>
        <OtherReason onChoose={(reason) => onChoose("break", reason)} />
      </div>
      <Choice
        status="offline"
        label={texts.status.offline}
        hint={texts.status.offlineHint}
        chosen={user.status === "offline"}
        onChoose={() => onChoose("offline")}
      />
    </>
  );
}

interface ChoiceProps {
  status: Availability;
  label: string;
  hint: string;
  chosen: boolean;
  onChoose(): void;
}

function Choice({ status, label, hint, chosen, onChoose }: ChoiceProps) {
  return (
    <button
      type="button"
      className="status-choice"
      aria-pressed={chosen}
      data-testid={`status-${status}`}
      onClick={onChoose}
    >
      <span className={`dot dot-${status}`} aria-hidden="true" />
      <span>
        <strong>{label}</strong>
        <small>{hint}</small>
      </span>
      {chosen && <Check size={16} aria-hidden="true" />}
    </button>
  );
}

const LONGEST_REASON = 60;

function OtherReason({ onChoose }: { onChoose(reason: string): void }) {
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "") onChoose(text.trim());
  };
  return (
    <form className="other-reason" onSubmit={submit}>
      <input
        value={text}
        maxLength={LONGEST_REASON}
        onChange={(event) => setText(event.target.value)}
        placeholder={texts.status.otherReason}
        aria-label={texts.status.otherPlaceholder}
      />
      <button type="submit" className="button button-small" disabled={text.trim() === ""}>
        {texts.status.start}
      </button>
    </form>
  );
}
