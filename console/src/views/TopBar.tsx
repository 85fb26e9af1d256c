import { LayoutDashboard, MessagesSquare, Settings, Users } from "lucide-react";
import type { MouseEvent, ReactNode } from "react";
import type { Slots, Summary } from "../api/types";
import type { PageName } from "../live/route";
import { texts } from "../texts";
import { Elapsed } from "./Ticking";

/** What an <a> of the console needs. */
export interface Link {
  href: string;
  onClick(event: MouseEvent): void;
}

/** A page beside the chats. */
export type PageLink = Link & { name: "board" | "settings" };

interface Props {
  unread: number;
  page: PageName;
  pages: readonly PageLink[];
  home: Link;
  summary: Summary | undefined;
  /** How full I am; absent when no chats can come to me. */
  slots: Slots | undefined;
  status: ReactNode;
  menu: ReactNode;
}

export const PAGE_ICONS = { board: LayoutDashboard, settings: Settings } as const;

export function TopBar({ unread, page, pages, home, summary, slots, status, menu }: Props) {
  return (
    <header className="top-bar">
      <nav className="pages" aria-label={texts.pages.label}>
        <a className="page-link brand" {...home} aria-current={page === "chats" ? "page" : undefined}>
          <MessagesSquare size={18} aria-hidden="true" />
          <span className="page-name">{texts.chatOption}</span>
          {unread > 0 && (
            <span className="badge" role="img" aria-label={texts.lists.unread(unread)}>
              {unread > 99 ? "99+" : unread}
            </span>
          )}
        </a>
        {pages.map(({ name, ...link }) => {
          const Icon = PAGE_ICONS[name];
          return (
            <a
              key={name}
              className="page-link page-beside"
              {...link}
              aria-current={page === name ? "page" : undefined}
              title={texts.pages[name]}
              data-testid={`page-${name}`}
            >
              <Icon size={18} aria-hidden="true" />
              <span className="page-name">{texts.pages[name]}</span>
            </a>
          );
        })}
      </nav>
      {status}
      <Waiting summary={summary} />
      {slots && <Load slots={slots} />}
      <span className="top-bar-space" />
      {menu}
    </header>
  );
}

function Waiting({ summary }: { summary: Summary | undefined }) {
  if (!summary) return null;
  const since = summary.waiting > 0 ? summary.longest_waiting_since : undefined;
  return (
    <span className="top-fact" data-some={summary.waiting > 0} data-testid="waiting-count">
      <Users size={16} aria-hidden="true" />
      <span className="top-fact-text">{texts.topBar.waiting(summary.waiting)}</span>
      <span className="top-fact-short" aria-hidden="true">
        {summary.waiting}
      </span>
      {since && (
        <span className="muted tabular top-fact-text">
          <Longest since={since} />
        </span>
      )}
    </span>
  );
}

function Longest({ since }: { since: string }) {
  const [before = "", after = ""] = texts.topBar.longest("|").split("|");
  return (
    <>
      {before}
      <Elapsed since={since} />
      {after}
    </>
  );
}

/** Slots as bars, and the cap that is reached by name. */
function Load({ slots }: { slots: Slots }) {
  const { used, cap, full } = slots;
  return (
    <span
      className="top-fact load"
      data-full={full !== ""}
      data-testid="load"
      title={full === "" ? texts.topBar.loadLabel : texts.topBar.fullTitle(full)}
    >
      <span className="load-dots" aria-hidden="true">
        {Array.from({ length: Math.min(Math.max(cap, used), 20) }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a dot is its position
          <i key={index} data-on={index < used} />
        ))}
      </span>
      <span className="tabular" aria-hidden="true">
        {used}/{cap}
      </span>
      <span className="visually-hidden">{texts.topBar.load(used, cap)}</span>
      {full !== "" && <span className="load-full">{texts.topBar.full(full)}</span>}
    </span>
  );
}
