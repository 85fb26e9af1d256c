import { MessagesSquare, Users } from "lucide-react";
import type { ReactNode } from "react";
import type { Summary } from "../api/types";
import { elapsed } from "../state/time";
import { texts } from "../texts";

interface Props {
  unread: number;
  now: number;
  summary: Summary | undefined;
  open: number;
  max: number;
  /** Whether chats can come to this person at all. */
  takesChats: boolean;
  status: ReactNode;
  menu: ReactNode;
  onHome(): void;
}

export function TopBar({ unread, now, summary, open, max, takesChats, status, menu, onHome }: Props) {
  return (
    <header className="top-bar">
      <button type="button" className="brand" onClick={onHome} aria-current="page">
        <MessagesSquare size={18} aria-hidden="true" />
        <span>{texts.chatOption}</span>
        {unread > 0 && (
          <span className="badge" role="img" aria-label={texts.lists.unread(unread)}>
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </button>
      {status}
      <Waiting summary={summary} now={now} />
      {takesChats && <Load open={open} max={max} />}
      <span className="top-bar-space" />
      {menu}
    </header>
  );
}

function Waiting({ summary, now }: { summary: Summary | undefined; now: number }) {
  if (!summary) return null;
  const since = summary.waiting > 0 ? summary.longest_waiting_since : undefined;
  return (
    <span className="top-fact" data-some={summary.waiting > 0} data-testid="waiting-count">
      <Users size={16} aria-hidden="true" />
      <span className="top-fact-text">{texts.topBar.waiting(summary.waiting)}</span>
      <span className="top-fact-short" aria-hidden="true">
        {summary.waiting}
      </span>
      {since && <span className="muted tabular top-fact-text">{texts.topBar.longest(elapsed(since, now))}</span>}
    </span>
  );
}

function Load({ open, max }: { open: number; max: number }) {
  return (
    <span className="top-fact load" data-full={open >= max} title={texts.topBar.loadLabel}>
      <span className="load-dots" aria-hidden="true">
        {Array.from({ length: Math.min(max, 20) }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a dot is its position
          <i key={index} data-on={index < open} />
        ))}
      </span>
      <span className="tabular" aria-hidden="true">
        {open}/{max}
      </span>
      <span className="visually-hidden">{texts.topBar.load(open, max)}</span>
    </span>
  );
}
