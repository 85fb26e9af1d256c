import { CornerUpLeft } from "lucide-react";
import { memo } from "react";
import type { ChatView } from "../api/types";
import { nextDeadline } from "../state/deadline";
import { texts } from "../texts";
import { ChannelBadge, Mark } from "./basics";
import { Countdown, Elapsed } from "./Ticking";

interface Props {
  chat: ChatView;
  selected: boolean;
  /** Unread messages are in view right now, so counting them would only flicker. */
  inView: boolean;
  /** Shows who has the chat, in lists over all agents. */
  showOwner: boolean;
  draft: boolean;
  href: string;
  onOpen(id: string): void;
}

function previewOf(chat: ChatView): string {
  const last = chat.last_message;
  if (!last) return texts.lists.noText;
  return last.text.trim() === "" ? texts.chat.attachment : last.text;
}

function sinceOf(chat: ChatView): string {
  if (chat.phase === "queued") return chat.queued_at;
  if (chat.closed_at) return chat.closed_at;
  return chat.customer_left_at ?? chat.waiting_since ?? chat.last_message?.at ?? chat.created_at;
}

/** One chat in a list. The open one is blue. */
export const ChatRow = memo(function ChatRow(props: Props) {
  const { chat, selected } = props;
  const unread = props.inView ? 0 : chat.unread;
  return (
    <li>
      <a
        className="chat-row"
        href={props.href}
        aria-current={selected ? "true" : undefined}
        data-testid="chat-row"
        data-chat-id={chat.id}
        data-selected={selected}
        data-phase={chat.phase}
        data-held={Boolean(chat.held_until)}
        data-unread={unread > 0}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
          event.preventDefault();
          props.onOpen(chat.id);
        }}
      >
        <Mark id={chat.customer.id} initial={chat.customer.initial} />
        <span className="chat-row-main">
          <span className="chat-row-top">
            <span className="chat-row-name" dir="auto">
              {chat.customer.name}
            </span>
            <span
              className="chat-row-time tabular"
              data-urgent={chat.waiting_since !== undefined && !chat.held_until && chat.phase !== "customer_left"}
            >
              <Elapsed since={sinceOf(chat)} />
            </span>
          </span>
          <span className="chat-row-bottom">
            <ChannelBadge type={chat.channel.type} />
            <Preview {...props} />
            <Trailing chat={chat} unread={unread} />
          </span>
          {nextDeadline(chat.clocks) && (
            <span className="chat-row-clock">
              <Countdown clocks={chat.clocks} />
            </span>
          )}
        </span>
      </a>
    </li>
  );
});

function Preview({ chat, draft, showOwner }: Props) {
  if (showOwner) {
    const owner = chat.owner?.name ?? texts.lists.inQueue;
    return (
      <span className="chat-row-preview">
        {owner}
        {chat.queue && ` · ${chat.queue.name}`}
      </span>
    );
  }
  return (
    <span className="chat-row-preview" dir="auto">
      {draft && <em className="draft">{texts.composer.draft}: </em>}
      {/* Whoever of us wrote it: the owner, or a colleague who has joined. */}
      {chat.last_message?.side === "agent" && (
        <span className="row-ours" role="img" aria-label={texts.lists.ours}>
          <CornerUpLeft size={13} aria-hidden="true" />
        </span>
      )}
      {previewOf(chat)}
    </span>
  );
}

function Trailing({ chat, unread }: { chat: ChatView; unread: number }) {
  if (unread > 0) {
    return (
      <span className="badge" role="img" aria-label={texts.lists.unread(unread)}>
        {unread > 99 ? "99+" : unread}
      </span>
    );
  }
  if (chat.phase === "customer_left") return <span className="row-dispose">{texts.dispose.button}</span>;
  return null;
}
