import { Popover } from "@base-ui/react/popover";
import { CalendarClock, Check, ChevronDown } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Availability, StatusChange, User } from "../api/types";
import { useNow } from "../live/hooks";
import { stateOf, tellsMore } from "../state/people";
import { elapsed } from "../state/time";
import { texts } from "../texts";
import { Segments } from "./basics";

interface Props {
  user: User;
  /** How many chats are mine: with some of them a break can be booked for later. */
  openChats: number;
  /** Why an agent may go on a break. */
  reasons: readonly string[];
  onChange(change: StatusChange): void;
}

/** My status with the time in it; the menu changes it, now or when my chats are done. */
export function StatusControl({ user, openChats, reasons, onChange }: Props) {
  const [open, setOpen] = useState(false);
  const choose = (change: StatusChange) => {
    setOpen(false);
    onChange(change);
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Trigger user={user} />
      <Popover.Portal>
        <Popover.Positioner className="positioner" sideOffset={6} align="start" collisionPadding={8}>
          <Popover.Popup className="popup status-popup">
            <Popover.Title className="visually-hidden">{texts.status.label}</Popover.Title>
            <StatusChoices mine user={user} openChats={openChats} reasons={reasons} onChoose={choose} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Trigger({ user }: { user: User }) {
  const now = useNow();
  const state = stateOf(user);
  const name = state === "wrap_up" ? texts.status.wrapUp : texts.status[state];
  const time = elapsed(user.status_since, now);
  const booked = user.next_status ? texts.status.bookedShort(texts.status[user.next_status]) : undefined;
  return (
    <Popover.Trigger
      className="status-trigger"
      data-testid="status-menu"
      data-status={user.status}
      data-state={state}
      aria-label={`${texts.status.label}: ${texts.status.inState(name, time)}${booked ? `. ${booked}` : ""}`}
    >
      <span className={`dot dot-${state}`} aria-hidden="true" />
      <span className="status-name">
        {name}
        {user.status === "break" && tellsMore(user.status_reason, texts.status.break) && (
          <span className="status-reason">: {user.status_reason}</span>
        )}
      </span>
      <span className="status-time tabular">{time}</span>
      {booked && (
        <span className="status-booked" data-testid="status-booked">
          <CalendarClock size={14} aria-hidden="true" />
          <span>{booked}</span>
        </span>
      )}
      <ChevronDown size={16} aria-hidden="true" />
    </Popover.Trigger>
  );
}

type When = "now" | "after_chats";

interface ChoicesProps extends Omit<Props, "onChange"> {
  /** My own state, or another agent's as a supervisor sees it. */
  mine: boolean;
  onChoose(change: StatusChange): void;
}

/** The states to choose from, now or when the chats are done. */
export function StatusChoices({ mine, user, openChats, reasons, onChoose }: ChoicesProps) {
  const [when, setWhen] = useState<When>("now");
  const [sure, setSure] = useState(false);
  const onBreak = user.status === "break";
  // A reason that is called "Break" is what the plain choice means.
  const named = reasons.filter((reason) => tellsMore(reason, texts.status.break));
  const plain = reasons.find((reason) => !tellsMore(reason, texts.status.break));
  const text = mine ? texts.status : texts.theirStatus;
  const later = openChats > 0 && user.status === "available";
  const leave = (status: Availability, reason?: string) =>
    onChoose({ status, when: later ? when : "now", ...(reason ? { reason } : {}) });
  return (
    <>
      {user.next_status && <Booked mine={mine} user={user} onChoose={onChoose} />}
      <Choice
        status="available"
        label={texts.status.available}
        hint={user.wrap_up ? text.wrapUpHint : text.availableHint}
        chosen={user.status === "available"}
        onChoose={() => onChoose({ status: "available", when: "now" })}
      />
      {later && (
        <div className="status-when">
          <span>{texts.status.when}</span>
          <Segments
            label={texts.status.when}
            value={when}
            options={[
              { value: "now", label: texts.status.now },
              { value: "after_chats", label: text.afterChats, testId: "status-after-chats" },
            ]}
            onChange={setWhen}
          />
        </div>
      )}
      <div className="status-group">
        <Choice
          status="break"
          label={texts.status.break}
          hint={text.breakHint}
          chosen={onBreak && !tellsMore(user.status_reason, texts.status.break)}
          onChoose={() => leave("break", plain)}
        />
        <div className="chips">
          {named.map((reason) => (
            <button
              key={reason}
              type="button"
              className="chip"
              aria-pressed={onBreak && user.status_reason === reason}
              onClick={() => leave("break", reason)}
            >
              {reason}
            </button>
          ))}
        </div>
        {/* For somebody else a supervisor may give a reason in their own words. */}
        {!mine && <OtherReason onChoose={(reason) => leave("break", reason)} />}
      </div>
      <Choice
        status="offline"
        label={texts.status.offline}
        hint={text.offlineHint}
        chosen={user.status === "offline"}
        onChoose={() => leave("offline")}
      />
      {openChats > 0 && (
        <Choice
          status={sure ? "break" : "offline"}
          testId="status-hand-over"
          label={text.handOver(openChats)}
          hint={sure ? texts.status.handOverSure : text.handOverHint}
          chosen={false}
          // It can't be taken back: a slip of the hand must not cost somebody all their chats.
          onChoose={() => (sure ? onChoose({ status: "offline", when: "now", hand_over: true }) : setSure(true))}
        />
      )}
    </>
  );
}

function Booked({ mine, user, onChoose }: Pick<ChoicesProps, "mine" | "user" | "onChoose">) {
  if (!user.next_status) return null;
  const text = mine ? texts.status : texts.theirStatus;
  return (
    <div className="status-banner">
      <CalendarClock size={16} aria-hidden="true" />
      <span>
        <strong>{text.booked(texts.status[user.next_status], user.next_reason ?? "")}</strong>
        <small>{text.bookedHint}</small>
      </span>
      <button
        type="button"
        className="button button-small"
        onClick={() => onChoose({ status: "available", when: "now" })}
        data-testid="status-unbook"
      >
        {text.unbook}
      </button>
    </div>
  );
}

interface ChoiceProps {
  status: Availability;
  label: string;
  hint: string;
  chosen: boolean;
  testId?: string;
  onChoose(): void;
}

function Choice({ status, label, hint, chosen, testId, onChoose }: ChoiceProps) {
  return (
    <button
      type="button"
      className="status-choice"
      aria-pressed={chosen}
      data-testid={testId ?? `status-${status}`}
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
