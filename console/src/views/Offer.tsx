import { ArrowRightLeft, Inbox } from "lucide-react";
import { useState } from "react";
import type { ChatView } from "../api/types";
import { useNow } from "../live/hooks";
import { serverNow } from "../state/clock";
import { urgency } from "../state/deadline";
import { texts } from "../texts";
import { ChannelBadge, Mark } from "./basics";
import { Emptying, Left } from "./Ticking";

interface Props {
  chat: ChatView;
  /** What is being answered right now. */
  busy: "accept" | "decline" | undefined;
  /** The shortcuts answer this one. */
  keys?: boolean;
  onAccept(chat: ChatView): void;
  onDecline(chat: ChatView): void;
  /** Whoever is asked may read the chat before they answer. */
  onRead(chat: ChatView): void;
}

function whyOf(chat: ChatView): string {
  const from = chat.offer?.from;
  return from ? texts.offers.fromColleague(from.name) : texts.offers.fromQueue(chat.queue?.name ?? "");
}

function Answers({ chat, busy, keys, onAccept, onDecline, small }: Props & { small: boolean }) {
  const over = urgency(chat.offer?.expires_at ?? "", useNow()) === "over";
  const size = small ? " button-small" : "";
  if (over) return <p className="offer-over muted">{texts.offers.ended}</p>;
  return (
    <div className="offer-answers">
      <button
        type="button"
        className={`button button-primary${size}`}
        disabled={busy !== undefined}
        onClick={() => onAccept(chat)}
        data-testid="offer-accept"
      >
        {busy === "accept" ? texts.offers.accepting : texts.offers.accept}
        {keys && <kbd>{texts.offers.keys.accept}</kbd>}
      </button>
      <button
        type="button"
        className={`button${size}`}
        disabled={busy !== undefined}
        onClick={() => onDecline(chat)}
        data-testid="offer-decline"
      >
        {texts.offers.decline}
        {keys && <kbd>{texts.offers.keys.decline}</kbd>}
      </button>
    </div>
  );
}

/** The pop-up of a chat that is held out to me. It never takes the focus: a person may be in the middle of a word. */
export function OfferPopUp(props: Props) {
  const { chat } = props;
  const ends = chat.offer?.expires_at ?? "";
  // The bar is full when the pop-up came: the length of an offer is the queue's own affair.
  const [span] = useState(() => Math.max(1, Date.parse(ends) - serverNow()));
  const note = chat.offer?.note;
  return (
    <article
      className="offer"
      data-testid="offer"
      data-chat-id={chat.id}
      aria-label={texts.offers.title(chat.customer.name)}
    >
      <div className="offer-head">
        <Mark id={chat.customer.id} initial={chat.customer.initial} />
        <div className="offer-who">
          <p className="offer-why">
            {chat.offer?.from ? (
              <ArrowRightLeft size={14} aria-hidden="true" />
            ) : (
              <Inbox size={14} aria-hidden="true" />
            )}
            {whyOf(chat)}
          </p>
          <p className="offer-name">
            <button type="button" className="offer-read" onClick={() => props.onRead(chat)} title={texts.offers.read}>
              <strong dir="auto">{chat.customer.name}</strong>
            </button>
            <ChannelBadge type={chat.channel.type} />
          </p>
        </div>
        <span className="offer-left tabular" role="timer">
          <Left at={ends} />
        </span>
      </div>
      <Emptying at={ends} span={span} />
      {chat.last_message && (
        <p className="offer-text" dir="auto">
          {chat.last_message.text}
        </p>
      )}
      {note && (
        <p className="offer-note" dir="auto">
          <strong>{texts.offers.note}:</strong> {note}
        </p>
      )}
      <Answers {...props} small={false} />
    </article>
  );
}

/** An offer in the list of chats. */
export function OfferRow(props: Props) {
  const { chat } = props;
  return (
    <li className="offer-row" data-testid="offer-row" data-chat-id={chat.id}>
      <Mark id={chat.customer.id} initial={chat.customer.initial} />
      <div className="chat-row-main">
        <span className="chat-row-top">
          <button
            type="button"
            className="chat-row-name offer-read"
            onClick={() => props.onRead(chat)}
            title={texts.offers.read}
          >
            <span dir="auto">{chat.customer.name}</span>
          </button>
          <span className="chat-row-time tabular" data-urgent="true">
            <Left at={chat.offer?.expires_at ?? ""} />
          </span>
        </span>
        <span className="chat-row-bottom">
          <ChannelBadge type={chat.channel.type} />
          <span className="chat-row-preview">{whyOf(chat)}</span>
        </span>
        <Answers {...props} small />
      </div>
    </li>
  );
}
