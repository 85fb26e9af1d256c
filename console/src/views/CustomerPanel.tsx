import { Tabs } from "@base-ui/react/tabs";
import { ArrowLeft, ChevronRight, Copy, X } from "lucide-react";
import type { ReactNode } from "react";
import type { ChatView, Message } from "../api/types";
import { elapsed, momentOf } from "../state/time";
import { texts } from "../texts";
import { ChannelBadge, Empty, Failure, Mark, Skeleton } from "./basics";
import { MessageItem } from "./MessageBubble";

export type PanelTab = "customer" | "history" | "routing";

interface Props {
  chat: ChatView;
  me: string;
  now: number;
  tab: PanelTab;
  history: ReactNode;
  routing: ReactNode;
  /** The customer's own agent, as a row of facts. */
  sticky: ReactNode;
  onTab(tab: PanelTab): void;
  onClose(): void;
}

/** What is known about the customer, beside the chat. */
export function CustomerPanel({ chat, me, now, tab, history, routing, sticky, onTab, onClose }: Props) {
  return (
    <aside className="panel" aria-label={texts.panel.label}>
      <Tabs.Root className="panel-tabs" value={tab} onValueChange={(value: PanelTab) => onTab(value)}>
        <div className="panel-head">
          <Tabs.List className="tab-list">
            <Tabs.Tab className="tab" value="customer">
              {texts.panel.customer}
            </Tabs.Tab>
            <Tabs.Tab className="tab" value="history" data-testid="history-tab">
              {texts.panel.history}
            </Tabs.Tab>
            <Tabs.Tab className="tab" value="routing" data-testid="routing-tab">
              {texts.panel.routing}
            </Tabs.Tab>
          </Tabs.List>
          <button type="button" className="icon-button" onClick={onClose} aria-label={texts.chat.hideDetails}>
            <X size={18} />
          </button>
        </div>
        <Tabs.Panel className="panel-body" value="customer">
          <CustomerTab chat={chat} me={me} now={now} sticky={sticky} onWhy={() => onTab("routing")} />
        </Tabs.Panel>
        <Tabs.Panel className="panel-body" value="history">
          {history}
        </Tabs.Panel>
        <Tabs.Panel className="panel-body" value="routing">
          {routing}
        </Tabs.Panel>
      </Tabs.Root>
    </aside>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface CustomerTabProps {
  chat: ChatView;
  me: string;
  now: number;
  sticky: ReactNode;
  onWhy(): void;
}

function CustomerTab({ chat, me, now, sticky, onWhy }: CustomerTabProps) {
  const { customer } = chat;
  const address = customer.address;
  return (
    <>
      <div className="customer-card">
        <Mark id={customer.id} initial={customer.initial} size="l" />
        <strong dir="auto">{customer.name}</strong>
        <ChannelBadge type={chat.channel.type} />
      </div>
      <dl className="facts">
        {address && chat.channel.type !== "webchat" && (
          <Fact name={texts.panel.address}>
            <span className="selectable">{address}</span>
            {navigator.clipboard && (
              <button
                type="button"
                className="icon-button icon-small"
                aria-label={texts.panel.copy}
                title={texts.panel.copy}
                onClick={() => void navigator.clipboard.writeText(address)}
              >
                <Copy size={14} />
              </button>
            )}
          </Fact>
        )}
        <Fact name={texts.panel.channel}>{chat.channel.name}</Fact>
        {chat.queue && <Fact name={texts.panel.queue}>{chat.queue.name}</Fact>}
        <Fact name={texts.panel.phase}>{texts.panel.phases[chat.phase]}</Fact>
        <Fact name={texts.panel.agent}>
          {chat.owner ? `${chat.owner.name}${chat.owner.id === me ? ` (${texts.panel.you})` : ""}` : texts.panel.nobody}
        </Fact>
        {sticky}
        <Fact name={texts.panel.started}>{momentOf(chat.created_at, now)}</Fact>
        {chat.assigned_at && (
          <Fact name={texts.panel.assigned}>
            {momentOf(chat.assigned_at, now)} <span className="muted">{waitOf(chat.queued_at, chat.assigned_at)}</span>
          </Fact>
        )}
        {chat.customer_left_at && <Fact name={texts.panel.left}>{momentOf(chat.customer_left_at, now)}</Fact>}
        {chat.closed_at && <Fact name={texts.panel.closed}>{momentOf(chat.closed_at, now)}</Fact>}
        {chat.disposition && <Fact name={texts.panel.disposition}>{chat.disposition.name}</Fact>}
        {chat.note && <Fact name={texts.panel.note}>{chat.note}</Fact>}
      </dl>
      <section className="why">
        <h2>{texts.panel.why}</h2>
        <button type="button" className="link-button" onClick={onWhy} data-testid="why">
          {texts.panel.whyOpen}
          <ChevronRight size={14} aria-hidden="true" />
        </button>
      </section>
    </>
  );
}

function waitOf(queuedAt: string, assignedAt: string): string {
  const ms = Date.parse(assignedAt) - Date.parse(queuedAt);
  return ms < 1000 ? texts.panel.atOnce : texts.panel.waitedFor(elapsed(queuedAt, Date.parse(assignedAt)));
}

interface HistoryProps {
  chats: readonly ChatView[] | undefined;
  failed: boolean;
  now: number;
  onRetry(): void;
  onOpen(chat: ChatView): void;
}

/** The customer's last chats. */
export function HistoryList({ chats, failed, now, onRetry, onOpen }: HistoryProps) {
  if (failed && !chats) return <Failure title={texts.panel.historyFailed} onRetry={onRetry} />;
  if (!chats) return <Skeleton rows={4} kind="row" label={texts.panel.historyLoading} />;
  if (chats.length === 0) return <p className="panel-empty muted">{texts.panel.historyEmpty}</p>;
  return (
    <>
      <p className="panel-hint muted">{texts.panel.historyHint(chats.length)}</p>
      <ul className="history">
        {chats.map((chat) => (
          <li key={chat.id}>
            <button type="button" onClick={() => onOpen(chat)} data-testid="history-row">
              <span className="history-top">
                <span>{momentOf(chat.created_at, now)}</span>
                <ChannelBadge type={chat.channel.type} />
              </span>
              <span className="history-bottom muted">
                {chat.phase === "closed"
                  ? (chat.disposition?.name ?? texts.outcomes[chat.outcome ?? ""] ?? texts.panel.noDisposition)
                  : texts.panel.open}
                {chat.owner && ` · ${chat.owner.name}`}
              </span>
              {chat.last_message && <span className="ellipsis">{chat.last_message.text}</span>}
              <ChevronRight size={16} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

interface TranscriptProps {
  chat: ChatView;
  items: readonly Message[] | undefined;
  cut: boolean;
  failed: boolean;
  now: number;
  onRetry(): void;
  onBack(): void;
}

/** An earlier chat, read only. */
export function Transcript({ chat, items, cut, failed, now, onRetry, onBack }: TranscriptProps) {
  return (
    <div className="transcript" data-testid="transcript">
      <button type="button" className="link-button transcript-back" onClick={onBack}>
        <ArrowLeft size={14} aria-hidden="true" />
        {texts.panel.history}
      </button>
      <h2>{texts.panel.transcript(momentOf(chat.created_at, now))}</h2>
      <p className="muted">
        {[chat.channel.name, chat.owner?.name, chat.disposition?.name].filter(Boolean).join(" · ")}
      </p>
      {chat.note && <p className="notice">{chat.note}</p>}
      {failed && !items && <Failure title={texts.chat.failed} onRetry={onRetry} />}
      {!items && !failed && <Skeleton rows={5} kind="bubble" label={texts.chat.loading} />}
      {items?.length === 0 && <Empty icon={null} title={texts.chat.empty} />}
      {cut && <p className="log-edge">{texts.panel.transcriptCut}</p>}
      <ol className="log-content transcript-log">
        {items?.map((message, index) => (
          <MessageItem
            key={message.id}
            message={message}
            first={items[index - 1]?.side !== message.side}
            customerName={chat.customer.name}
            resent={false}
          />
        ))}
      </ol>
    </div>
  );
}
