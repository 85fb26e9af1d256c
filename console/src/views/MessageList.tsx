import { ArrowDown } from "lucide-react";
import { Fragment, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Message } from "../api/types";
import type { Pending, Thread } from "../state/thread";
import { dayKey, dayOf } from "../state/time";
import { texts } from "../texts";
import { Failure } from "./basics";
import { MessageItem, PendingItem } from "./MessageBubble";

interface Props {
  thread: Thread;
  customerName: string;
  /** Messages after this seq were unread when the chat was opened; undefined when none were. */
  unreadAfter: number | undefined;
  now: number;
  olderState: "idle" | "loading" | "failed";
  resent: ReadonlySet<string>;
  onOlder(): void;
  onAtEnd(atEnd: boolean): void;
  onRetry(pending: Pending): void;
  onDiscard(clientId: string): void;
  onResend?: ((message: Message) => void) | undefined;
}

const END_SLACK_PX = 60;
const OLDER_FROM_PX = 240;

/** Keeps the newest message in sight while the reader is at the end, and the reader's place when earlier ones come. */
function useScroll(thread: Thread, onOlder: () => void, onAtEnd: (atEnd: boolean) => void) {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stick = useRef(true);
  const height = useRef(0);
  const firstId = useRef<string>(undefined);
  const pendingCount = useRef(0);
  const [atEnd, setAtEnd] = useState(true);

  const report = useCallback(
    (value: boolean) => {
      stick.current = value;
      setAtEnd(value);
      onAtEnd(value);
    },
    [onAtEnd],
  );
  const toEnd = useCallback(() => {
    const element = box.current;
    if (!element) return;
    element.scrollTop = element.scrollHeight;
    report(true);
  }, [report]);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const sentOne = thread.pending.length > pendingCount.current;
    pendingCount.current = thread.pending.length;
    const first = thread.items[0]?.id;
    if (stick.current || sentOne) {
      element.scrollTop = element.scrollHeight;
      if (sentOne) report(true);
    } else if (first !== firstId.current) {
      element.scrollTop += element.scrollHeight - height.current;
    }
    firstId.current = first;
    height.current = element.scrollHeight;
  }, [thread, report]);

  // The composer grows, fonts arrive, the window turns: the end stays the end.
  useEffect(() => {
    const element = box.current;
    if (!element || !content.current) return;
    const observer = new ResizeObserver(() => {
      if (stick.current) element.scrollTop = element.scrollHeight;
      height.current = element.scrollHeight;
    });
    observer.observe(element);
    observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < END_SLACK_PX;
    if (end !== stick.current) report(end);
    if (element.scrollTop < OLDER_FROM_PX) onOlder();
  };
  return { box, content, atEnd, toEnd, onScroll };
}

/** How many messages of the customer came since the reader left the end. */
function useUnseen(items: readonly Message[], atEnd: boolean): number {
  const last = items.at(-1)?.seq ?? 0;
  const [seen, setSeen] = useState(last);
  if (atEnd && seen !== last) setSeen(last);
  return atEnd ? 0 : items.filter((message) => message.seq > seen && message.side === "customer").length;
}

export function MessageList(props: Props) {
  const { thread } = props;
  const { box, content, atEnd, toEnd, onScroll } = useScroll(thread, props.onOlder, props.onAtEnd);
  const unseen = useUnseen(thread.items, atEnd);
  return (
    <div className="log-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="log" ref={box} onScroll={onScroll} aria-label={texts.chat.log} tabIndex={0}>
        <div className="log-content" ref={content}>
          <Beginning {...props} />
          <ol>
            <Items {...props} />
            {thread.pending.map((pending) => (
              <PendingItem
                key={pending.clientId}
                pending={pending}
                onRetry={props.onRetry}
                onDiscard={props.onDiscard}
              />
            ))}
          </ol>
        </div>
      </section>
      {!atEnd && (
        <button type="button" className="jump" data-some={unseen > 0} onClick={toEnd} data-testid="jump">
          <ArrowDown size={16} aria-hidden="true" />
          {texts.chat.newMessages(unseen)}
        </button>
      )}
      <Announcer items={thread.items} customerName={props.customerName} />
    </div>
  );
}

function Beginning({ thread, olderState, onOlder }: Props) {
  if (olderState === "failed") return <Failure title={texts.chat.olderFailed} onRetry={onOlder} />;
  if (thread.hasOlder) {
    return (
      <p className="log-edge" role="status">
        {olderState === "loading" ? texts.chat.older : "\u00a0"}
      </p>
    );
  }
  return <p className="log-edge">{thread.items.length === 0 ? texts.chat.empty : texts.chat.beginning}</p>;
}

const RUN_MS = 5 * 60_000;

function startsRun(message: Message, before: Message | undefined): boolean {
  if (!before) return true;
  if (before.side !== message.side || before.kind === "event" || before.kind === "note" || message.kind === "note") {
    return true;
  }
  if (before.author?.id !== message.author?.id) return true;
  return Date.parse(message.created_at) - Date.parse(before.created_at) > RUN_MS;
}

function Items({ thread, customerName, unreadAfter, now, onResend, resent }: Props) {
  const { items } = thread;
  const firstUnread =
    unreadAfter === undefined
      ? undefined
      : items.find((message) => message.seq > unreadAfter && message.side === "customer")?.id;
  return items.map((message, index) => {
    const before = items[index - 1];
    const newDay = !before || dayKey(before.created_at) !== dayKey(message.created_at);
    return (
      <Fragment key={message.id}>
        {newDay && (
          <li className="day-line">
            <span>{dayOf(message.created_at, now)}</span>
          </li>
        )}
        {before && message.id === firstUnread && (
          <li className="new-line">
            <span>{texts.chat.newDivider}</span>
          </li>
        )}
        <MessageItem
          message={message}
          first={newDay || startsRun(message, before)}
          customerName={customerName}
          onResend={onResend && (() => onResend(message))}
          resent={resent.has(message.id)}
        />
      </Fragment>
    );
  });
}

/** Says new messages of the customer aloud for screen readers; what was there at the start is not news. */
function Announcer({ items, customerName }: { items: readonly Message[]; customerName: string }) {
  const last = items.at(-1);
  const heard = useRef(last?.seq ?? 0);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!last || last.seq <= heard.current) return;
    heard.current = last.seq;
    if (last.side === "customer") setSaid(`${customerName}: ${last.text}`);
  }, [last, customerName]);
  return (
    <p className="visually-hidden" aria-live="polite">
      {said}
    </p>
  );
}
