import { ArrowRightLeft, BookUser, ListOrdered, Pause, Tag, Users } from "lucide-react";
import type { ReactNode } from "react";
import type { ChatView, Deadline } from "../api/types";
import { useNow } from "../live/hooks";
import { left, nextDeadline, urgency } from "../state/deadline";
import { texts } from "../texts";
import { Countdown, Left } from "./Ticking";

interface Props {
  chat: ChatView;
  me: string;
  onDisposition: (() => void) | undefined;
}

const ICON = { size: 14, "aria-hidden": true } as const;

function Chip({ icon, name, children }: { icon: ReactNode; name: string; children: ReactNode }) {
  return (
    <li className="strip-chip" data-testid={`strip-${name}`}>
      {icon}
      <span>{children}</span>
    </li>
  );
}

function Held({ until }: { until: string }) {
  const now = useNow();
  return urgency(until, now) === "over" ? texts.strip.heldOver : texts.strip.held(left(until, now));
}

/** Deadlines that a chip of their own tells. */
function told(chat: ChatView): Deadline["kind"][] {
  return [
    ...(chat.held_until ? (["hold"] as const) : []),
    ...(chat.offer ? (["offer"] as const) : []),
    ...(chat.sticky ? (["sticky_wait"] as const) : []),
  ];
}

/** How the chat stands with time and people, in one line below its head. Nothing when there is nothing to tell. */
export function ChatStrip({ chat, me, onDisposition }: Props) {
  if (chat.phase === "closed") return null;
  const members = chat.members.filter((member) => member.id !== me);
  const joined = chat.members.some((member) => member.id === me);
  const except = told(chat);
  const clock = nextDeadline(chat.clocks.filter((each) => !except.includes(each.kind)));
  const { offer, sticky, position, next_disposition: chosen } = chat;
  if (!clock && !chat.held_until && !offer && !sticky && !position && !chosen && !joined && members.length === 0) {
    return null;
  }
  return (
    <ul className="strip" data-testid="chat-strip">
      {chat.held_until && (
        <Chip icon={<Pause {...ICON} />} name="held">
          <Held until={chat.held_until} />
        </Chip>
      )}
      {position ? (
        <Chip icon={<ListOrdered {...ICON} />} name="position">
          {texts.strip.position(position)}
        </Chip>
      ) : null}
      {sticky && (
        <Chip icon={<BookUser {...ICON} />} name="sticky">
          {texts.strip.sticky(sticky.user.name)} · <Left at={sticky.until} />
        </Chip>
      )}
      {offer && (
        <Chip icon={<ArrowRightLeft {...ICON} />} name="offer">
          {offer.from ? texts.strip.offeredTo(offer.agent.name) : texts.strip.offeredOut(offer.agent.name)} ·{" "}
          <Left at={offer.expires_at} />
        </Chip>
      )}
      {clock && (
        <li className="strip-chip strip-clock">
          <Countdown clocks={chat.clocks} except={except} />
        </li>
      )}
      {members.length > 0 && (
        <Chip icon={<Users {...ICON} />} name="members">
          {texts.strip.joined(members.map((member) => member.name))}
        </Chip>
      )}
      {joined && (
        <Chip icon={<Users {...ICON} />} name="joined">
          {texts.strip.youJoined}
        </Chip>
      )}
      {chosen && (
        <Chip icon={<Tag {...ICON} />} name="chosen">
          {texts.strip.chosen(chosen.name)}
          {onDisposition && (
            <button type="button" className="link-button" onClick={onDisposition}>
              {texts.strip.change}
            </button>
          )}
        </Chip>
      )}
    </ul>
  );
}
