import { AlertCircle, Check, CheckCheck, CircleHelp, Clock, Copy, FileText, Lock } from "lucide-react";
import { memo, type ReactNode, useState } from "react";
import type { Attachment, Message, MessageStatus } from "../api/types";
import { partsOf } from "../state/text";
import type { Pending } from "../state/thread";
import { fullTime, timeOf } from "../state/time";
import { texts } from "../texts";

/** A text exactly as it was written, with its web links made clickable. */
export function Body({ text }: { text: string }) {
  return (
    <p className="bubble-text" dir="auto">
      {partsOf(text).map((part, index) =>
        part.kind === "text" ? (
          part.text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never move
          <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ),
      )}
    </p>
  );
}

function attachmentHref(url: string | undefined): string | undefined {
  if (!url) return undefined;
  const parsed = URL.parse(url, location.origin);
  return parsed && (parsed.protocol === "https:" || parsed.protocol === "http:") ? parsed.href : undefined;
}

function Attachments({ items }: { items: readonly Attachment[] }) {
  return (
    <ul className="attachments">
      {items.map((item, index) => {
        const href = attachmentHref(item.url);
        const name = item.name || item.content_type || texts.chat.attachment;
        return (
          <li key={item.id ?? index}>
            <FileText size={16} aria-hidden="true" />
            {href ? (
              <a
                href={href}
                target="_blank"
                rel="noopener noreferrer nofollow"
                aria-label={texts.chat.openAttachment(name)}
              >
                {name}
              </a>
            ) : (
              name
            )}
          </li>
        );
      })}
    </ul>
  );
}

const ICONS: Partial<Record<MessageStatus, ReactNode>> = {
  queued: <Clock size={14} />,
  sending: <Clock size={14} />,
  sent: <Check size={15} />,
  delivered: <CheckCheck size={15} />,
  read: <CheckCheck size={15} />,
  failed: <AlertCircle size={14} />,
  unknown: <CircleHelp size={14} />,
};

function Delivery({ status }: { status: MessageStatus }) {
  const icon = ICONS[status];
  if (!icon) return null;
  const label = texts.delivery[status];
  return (
    <span className="delivery" data-status={status} role="img" aria-label={label} title={label}>
      {icon}
    </span>
  );
}

function CopyText({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  if (!navigator.clipboard) return null;
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <button type="button" className="link-button" onClick={() => void copy()}>
      <Copy size={13} aria-hidden="true" />
      {copied ? texts.delivery.copied : texts.delivery.copy}
    </button>
  );
}

interface Props {
  message: Message;
  /** The author and time stand above the first message of a run. */
  first: boolean;
  customerName: string;
  /** Absent when this person may not send here. */
  onResend?: ((text: string) => void) | undefined;
  resent: boolean;
}

function authorOf(message: Message, customerName: string): string {
  if (message.side === "customer") return customerName;
  return message.author?.name ?? texts.chat.agent;
}

/** One message: the customer's left, the agent's right, the system's centred. */
export const MessageItem = memo(function MessageItem(props: Props) {
  const { message, first } = props;
  if (message.kind === "event") return <SystemLine message={message} />;
  if (message.side === "system")
    return message.kind === "text" ? <AutoText {...props} /> : <SystemLine message={message} />;
  const note = message.kind === "note";
  const author = authorOf(message, props.customerName);
  return (
    <li
      className="message"
      data-testid="message"
      data-side={message.side}
      data-status={message.status}
      data-kind={message.kind}
      data-first={first}
      data-message-id={message.id}
    >
      {first && (message.side === "agent" || note) && (
        <span className="author">
          {note && <Lock size={12} aria-hidden="true" />}
          {author}
          {note && ` · ${texts.chat.noteLabel}, ${texts.chat.noteHint}`}
        </span>
      )}
      <div className="bubble">
        <span className="visually-hidden">{texts.chat.saidBy(author, timeOf(message.created_at))}:</span>
        {message.text !== "" && <Body text={message.text} />}
        {message.attachments.length > 0 && <Attachments items={message.attachments} />}
        <span className="bubble-meta">
          <time dateTime={message.created_at} title={fullTime(message.created_at)}>
            {timeOf(message.created_at)}
          </time>
          {message.side === "agent" && !note && <Delivery status={message.status} />}
        </span>
      </div>
      {message.side === "agent" && <Trouble {...props} />}
    </li>
  );
});

function Trouble({ message, onResend, resent }: Props) {
  if (message.status === "failed") {
    const code = message.error?.code;
    return (
      <div className="trouble" data-kind="failed">
        <span>
          <strong>{texts.delivery.failed}: </strong>
          {message.error?.text || texts.delivery.failedNoReason}
          {code && ` (${code})`}
        </span>
        <span className="trouble-actions">
          {onResend && !resent && (
            <button type="button" className="link-button" onClick={() => onResend(message.text)} data-testid="resend">
              {texts.delivery.resend}
            </button>
          )}
          <CopyText text={message.text} />
        </span>
      </div>
    );
  }
  if (message.status === "unknown") {
    return (
      <div className="trouble" data-kind="unknown">
        <span>
          <strong>{texts.delivery.unknown}: </strong>
          {texts.delivery.unknownWhy}
        </span>
        <span className="trouble-actions">
          <CopyText text={message.text} />
        </span>
      </div>
    );
  }
  return null;
}

function SystemLine({ message }: { message: Message }) {
  return (
    <li className="system-line" data-testid="message" data-side="system" data-status={message.status}>
      <span dir="auto">{message.text}</span>
      <time dateTime={message.created_at} title={fullTime(message.created_at)}>
        {timeOf(message.created_at)}
      </time>
    </li>
  );
}

/** What Tandem wrote to the customer by rule: centred like its lines, with delivery like a reply. */
function AutoText(props: Props) {
  const { message } = props;
  return (
    <li
      className="auto-text"
      data-testid="message"
      data-side="system"
      data-kind="text"
      data-status={message.status}
      data-message-id={message.id}
    >
      <span className="author">{texts.chat.automatic(props.customerName)}</span>
      <Body text={message.text} />
      <span className="bubble-meta">
        <time dateTime={message.created_at} title={fullTime(message.created_at)}>
          {timeOf(message.created_at)}
        </time>
        <Delivery status={message.status} />
      </span>
      <Trouble message={message} first={false} customerName={props.customerName} resent />
    </li>
  );
}

interface PendingProps {
  pending: Pending;
  onRetry(pending: Pending): void;
  onDiscard(clientId: string): void;
}

/** A message the server hasn't confirmed yet, or refused. */
export function PendingItem({ pending, onRetry, onDiscard }: PendingProps) {
  const failed = pending.error !== undefined;
  return (
    <li
      className="message"
      data-testid="message"
      data-side="agent"
      data-status={failed ? "failed" : "sending"}
      data-kind={pending.note ? "note" : "text"}
      data-first="false"
    >
      <div className="bubble">
        <Body text={pending.text} />
        <span className="bubble-meta">
          <time dateTime={pending.createdAt}>{timeOf(pending.createdAt)}</time>
          <Delivery status={failed ? "failed" : "sending"} />
        </span>
      </div>
      {failed && (
        <div className="trouble" data-kind="failed">
          <span>
            <strong>{texts.delivery.notSent}: </strong>
            {pending.error}
          </span>
          <span className="trouble-actions">
            <button type="button" className="link-button" onClick={() => onRetry(pending)} data-testid="retry">
              {texts.retry}
            </button>
            <CopyText text={pending.text} />
            <button type="button" className="link-button" onClick={() => onDiscard(pending.clientId)}>
              {texts.delivery.discard}
            </button>
          </span>
        </div>
      )}
    </li>
  );
}
