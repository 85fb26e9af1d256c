import { Lock, SendHorizontal } from "lucide-react";
import { type KeyboardEvent, type RefObject, useId, useLayoutEffect, useState } from "react";
import type { CannedReply, ChannelType } from "../api/types";
import { countSms } from "../state/sms";
import { cannedQuery, insertCanned, matchCanned } from "../state/text";
import { texts } from "../texts";

/** The longest text the API takes, in characters. */
export const MAX_CHARACTERS = 1600;
const COUNT_FROM = 1400;

interface Props {
  text: string;
  note: boolean;
  /** False when only notes can be written here. */
  mayReply: boolean;
  customerName: string;
  channel: ChannelType;
  canned: readonly CannedReply[];
  field: RefObject<HTMLTextAreaElement | null>;
  onText(text: string): void;
  onNote(note: boolean): void;
  onSend(): void;
}

function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [field, text]);
}

export function Composer(props: Props) {
  const { text, note, field } = props;
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  const [closedAt, setClosedAt] = useState<string>();
  const id = useId();
  useGrowing(field, text);

  const query = note ? undefined : cannedQuery(text, caret);
  const open = query !== undefined && closedAt !== text && props.canned.length > 0;
  const matches = open ? matchCanned(props.canned, query) : [];
  const active = Math.min(chosen, Math.max(0, matches.length - 1));
  const length = [...text].length;
  const sendable = text.trim() !== "" && length <= MAX_CHARACTERS;

  function insert(reply: CannedReply) {
    const next = insertCanned(text, caret, reply);
    props.onText(next.text);
    setCaret(next.caret);
    setChosen(0);
    const element = field.current;
    element?.focus();
    requestAnimationFrame(() => element?.setSelectionRange(next.caret, next.caret));
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    // Enter that ends an input method's word is not Enter.
    if (event.nativeEvent.isComposing) return;
    const reply = matches[active];
    if (open && reply) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const step = event.key === "ArrowDown" ? 1 : matches.length - 1;
        setChosen((active + step) % matches.length);
        event.preventDefault();
        return;
      }
      if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
        insert(reply);
        event.preventDefault();
        return;
      }
    }
    if (open && event.key === "Escape") {
      setClosedAt(text);
      event.stopPropagation();
      return;
    }
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (sendable) props.onSend();
    }
  }

  const name = props.customerName;
  return (
    <form
      className="composer"
      data-note={note}
      onSubmit={(event) => {
        event.preventDefault();
        if (sendable) props.onSend();
      }}
    >
      {open && <Canned id={id} matches={matches} active={active} onPick={insert} />}
      <Modes {...props} />
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        data-testid="composer"
        aria-label={note ? texts.composer.noteLabel : texts.composer.label(name)}
        aria-autocomplete="list"
        aria-controls={open ? `${id}-list` : undefined}
        aria-activedescendant={open && matches[active] ? `${id}-${active}` : undefined}
        aria-describedby={`${id}-count`}
        placeholder={note ? texts.composer.notePlaceholder : texts.composer.placeholder(name)}
        onChange={(event) => {
          props.onText(event.target.value);
          setCaret(event.target.selectionStart);
          setChosen(0);
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
        onKeyDown={onKeyDown}
      />
      <div className="composer-foot">
        <span id={`${id}-count`} className="composer-count" data-over={length > MAX_CHARACTERS}>
          <Count text={text} length={length} sms={props.channel === "sms" && !note} />
        </span>
        <button type="submit" className="button button-primary" disabled={!sendable} data-testid="send">
          {note ? texts.composer.addNote : texts.composer.send}
          <SendHorizontal size={16} aria-hidden="true" />
        </button>
      </div>
    </form>
  );
}

function Modes({ note, mayReply, onNote }: Props) {
  return (
    <fieldset className="composer-modes" aria-label={texts.composer.mode}>
      <button type="button" aria-pressed={!note} disabled={!mayReply} onClick={() => onNote(false)}>
        {texts.composer.reply}
      </button>
      <button type="button" aria-pressed={note} onClick={() => onNote(true)} data-testid="note-mode">
        <Lock size={13} aria-hidden="true" />
        {texts.composer.note}
      </button>
    </fieldset>
  );
}

function Count({ text, length, sms }: { text: string; length: number; sms: boolean }) {
  if (length > MAX_CHARACTERS) return texts.composer.tooLong(length, MAX_CHARACTERS);
  if (text === "") return <span className="keys">{texts.composer.keys}</span>;
  if (sms) {
    const count = countSms(text);
    return (
      <span className="tabular">
        {texts.composer.segments(count.left, count.segments)}
        {count.encoding === "UCS-2" && ` · ${texts.composer.unicode}`}
      </span>
    );
  }
  if (length >= COUNT_FROM) return <span className="tabular">{texts.composer.characters(length, MAX_CHARACTERS)}</span>;
  return <span className="keys">{texts.composer.keys}</span>;
}

interface CannedProps {
  id: string;
  matches: readonly CannedReply[];
  active: number;
  onPick(reply: CannedReply): void;
}

function Canned({ id, matches, active, onPick }: CannedProps) {
  return (
    <div className="canned popup" id={`${id}-list`} role="listbox" aria-label={texts.composer.cannedTitle}>
      {matches.length === 0 && <p className="muted">{texts.composer.cannedNone}</p>}
      {matches.map((reply, index) => (
        // The text field has the focus and the keys; the options only take the mouse.
        <div
          key={reply.id}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          data-testid="canned-option"
          ref={index === active ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
          onMouseDown={(event) => {
            event.preventDefault();
            onPick(reply);
          }}
        >
          <strong>
            /{reply.shortcut.replace(/^\//, "")} <span className="muted">{reply.title}</span>
          </strong>
          <span className="ellipsis">{reply.text}</span>
        </div>
      ))}
    </div>
  );
}
