import { ArrowRightLeft, BookUser, CircleDot, FastForward, Hand, UsersRound } from "lucide-react";
import type { ChatView, User } from "../../api/types";
import { type Line, longestSince } from "../../state/chats";
import { nextDeadline } from "../../state/deadline";
import { hasRoom } from "../../state/people";
import { texts } from "../../texts";
import { ChannelBadge, Mark } from "../basics";
import { Countdown, Elapsed, Left } from "../Ticking";

export interface ChatCommands {
  /** The chat a command runs for. */
  busy: string | undefined;
  href(chatId: string): string;
  onOpen(chatId: string): void;
  onNextStep(chat: ChatView): void;
  onTake(chat: ChatView): void;
  onTransfer(chat: ChatView): void;
}

interface Props extends ChatCommands {
  line: Line;
  agents: readonly User[] | undefined;
}

/** One queue with everybody who waits in it. */
export function QueueLine({ line, agents, ...commands }: Props) {
  const longest = longestSince(line.chats);
  return (
    <section className="line" aria-label={line.name} data-testid="board-line" data-waiting={line.chats.length}>
      <header className="line-head">
        <h2>{line.name}</h2>
        <span className="line-count" data-some={line.chats.length > 0}>
          {texts.board.waiting(line.chats.length)}
        </span>
        {longest && <LongestWait since={longest} />}
        <Free line={line} agents={agents} />
      </header>
      {line.chats.length > 0 && (
        <ol className="line-chats">
          {line.chats.map((chat, index) => (
            <WaitingChat key={chat.id} chat={chat} place={chat.position ?? index + 1} {...commands} />
          ))}
        </ol>
      )}
    </section>
  );
}

/** How many agents of the queue could take a chat now. */
function Free({ line, agents }: Pick<Props, "line" | "agents">) {
  if (!agents) return null;
  const free = agents.filter((user) => user.queue_ids.includes(line.id) && hasRoom(user)).length;
  return (
    <span className="line-free muted" data-short={free === 0 && line.chats.length > 0}>
      <UsersRound size={14} aria-hidden="true" />
      {free === 0 ? texts.board.noneFree : texts.board.free(free)}
    </span>
  );
}

/** The queues that nobody waits in, in few words. */
export function QuietLines({ lines, agents }: { lines: readonly Line[]; agents: readonly User[] | undefined }) {
  if (lines.length === 0) return null;
  return (
    <section className="line" aria-label={texts.board.quiet}>
      <header className="line-head">
        <h2>{texts.board.quiet}</h2>
      </header>
      <ul className="quiet-lines">
        {lines.map((line) => (
          <li key={line.id}>
            <span className="ellipsis">{line.name}</span>
            <Free line={line} agents={agents} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function LongestWait({ since }: { since: string }) {
  const [before = "", after = ""] = texts.board.longest("|").split("|");
  return (
    <span className="line-longest tabular">
      {before}
      <Elapsed since={since} />
      {after}
    </span>
  );
}

function WaitingChat({ chat, place, ...commands }: ChatCommands & { chat: ChatView; place: number }) {
  const { busy, href, onOpen, onNextStep, onTake, onTransfer } = commands;
  const waits = busy === chat.id;
  return (
    <li className="waiting" data-testid="board-chat" data-chat-id={chat.id}>
      <span className="waiting-place tabular" role="img" aria-label={texts.board.place(place)}>
        {place}
      </span>
      <a
        className="waiting-who"
        href={href(chat.id)}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
          event.preventDefault();
          onOpen(chat.id);
        }}
      >
        <Mark id={chat.customer.id} initial={chat.customer.initial} size="s" />
        <span className="waiting-name">
          <span className="waiting-top">
            <strong dir="auto">{chat.customer.name}</strong>
            <ChannelBadge type={chat.channel.type} />
          </span>
          <span className="waiting-text muted" dir="auto">
            {chat.last_message?.text}
          </span>
        </span>
      </a>
      <span className="waiting-clocks">
        <span className="waiting-since tabular" title={texts.board.waited}>
          <Elapsed since={chat.queued_at} />
        </span>
        <Step chat={chat} />
      </span>
      <span className="waiting-actions">
        <button
          type="button"
          className="button button-small"
          disabled={waits}
          title={texts.board.nextStepHint}
          onClick={() => onNextStep(chat)}
          data-testid="board-next-step"
        >
          <FastForward size={14} aria-hidden="true" />
          {texts.board.nextStep}
        </button>
        <button
          type="button"
          className="button button-small"
          disabled={waits}
          onClick={() => onTake(chat)}
          data-testid="board-take"
        >
          <Hand size={14} aria-hidden="true" />
          {texts.board.take}
        </button>
        <button
          type="button"
          className="button button-small"
          disabled={waits}
          onClick={() => onTransfer(chat)}
          data-testid="board-transfer"
        >
          <ArrowRightLeft size={14} aria-hidden="true" />
          {texts.board.transfer}
        </button>
      </span>
    </li>
  );
}

/** What comes next for a waiting chat, and when. */
function Step({ chat }: { chat: ChatView }) {
  const { sticky, offer } = chat;
  const rest = chat.clocks.filter((clock) => clock.kind !== "sticky_wait" && clock.kind !== "offer");
  return (
    <>
      {sticky && (
        <span className="countdown">
          <BookUser size={13} aria-hidden="true" />
          <span>
            {texts.board.sticky(sticky.user.name)} · <Left at={sticky.until} />
          </span>
        </span>
      )}
      {offer && (
        <span className="countdown">
          <CircleDot size={13} aria-hidden="true" />
          <span>
            {texts.board.offered(offer.agent.name)} · <Left at={offer.expires_at} />
          </span>
        </span>
      )}
      {nextDeadline(rest) ? (
        <Countdown clocks={rest} />
      ) : (
        !sticky && !offer && <span className="waiting-step muted">{texts.board.noStep}</span>
      )}
    </>
  );
}
