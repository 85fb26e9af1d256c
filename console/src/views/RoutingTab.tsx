import {
  ArrowRightLeft,
  BellRing,
  BookUser,
  Check,
  ChevronRight,
  CircleDot,
  Clock,
  FastForward,
  type LucideIcon,
  MessageSquare,
  Pause,
  PhoneCall,
  Play,
  Split,
  UserCheck,
  UserX,
  X,
} from "lucide-react";
import { useState } from "react";
import type { RoutingStory, StoryLine } from "../api/types";
import { fullTime, momentOf } from "../state/time";
import { texts } from "../texts";
import { Failure, Skeleton } from "./basics";
import { Countdown, Left } from "./Ticking";

const ICONS: Record<string, LucideIcon> = {
  arrived: MessageSquare,
  sticky_wait: BookUser,
  sticky_hit: BookUser,
  sticky_ended: BookUser,
  sticky_set: BookUser,
  assigned: UserCheck,
  taken: UserCheck,
  joined: UserCheck,
  offered: CircleDot,
  declined: X,
  missed: Clock,
  withdrawn: X,
  widened: Split,
  moved: ArrowRightLeft,
  transferred: ArrowRightLeft,
  returned: ArrowRightLeft,
  requeued: ArrowRightLeft,
  told: MessageSquare,
  notified: BellRing,
  reply_reminded: BellRing,
  callback: PhoneCall,
  agent_gone: UserX,
  left: UserX,
  customer_left: UserX,
  held: Pause,
  resumed: Play,
  next_step_forced: FastForward,
  closed: Check,
  timed_out: Clock,
  silence_warned: Clock,
  silence_ended: Clock,
  wrap_up_ended: Clock,
};

interface Props {
  story: RoutingStory | undefined;
  failed: string | undefined;
  now: number;
  onRetry(): void;
}

/** Why a chat came where it is: every decision as it was recorded, and the deadline that runs now. */
export function RoutingTab({ story, failed, now, onRetry }: Props) {
  if (!story) {
    return failed !== undefined ? (
      <Failure title={texts.story.failed} detail={failed} onRetry={onRetry} />
    ) : (
      <Skeleton rows={5} kind="row" label={texts.story.loading} />
    );
  }
  return (
    <div className="routing" data-testid="routing-story">
      <Standing story={story} />
      <h2>{texts.story.title}</h2>
      {story.story.length === 0 ? (
        <p className="panel-empty muted">{texts.story.empty}</p>
      ) : (
        <ol className="timeline">
          {story.story.map((event, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a story only grows at its end
            <Event key={index} event={event} now={now} />
          ))}
        </ol>
      )}
    </div>
  );
}

function Standing({ story }: { story: RoutingStory }) {
  const running = story.clocks.length > 0;
  const except = [...(story.sticky ? (["sticky_wait"] as const) : []), ...(story.offer ? (["offer"] as const) : [])];
  return (
    <section className="standing">
      <p className="standing-rules">
        {story.queue && <strong>{story.queue.name}</strong>}
        <span className="muted">
          {texts.story.rules}: {texts.story.version(story.policy_version)}
        </span>
      </p>
      <h3>{texts.story.nextTitle}</h3>
      {story.sticky && (
        <p>
          {texts.strip.sticky(story.sticky.user.name)} · <Left at={story.sticky.until} />
        </p>
      )}
      {story.offer && (
        <p>
          {texts.strip.offeredOut(story.offer.agent.name)} · <Left at={story.offer.expires_at} />
        </p>
      )}
      {running ? (
        <p>
          <Countdown clocks={story.clocks} except={except} />
        </p>
      ) : (
        !story.sticky && !story.offer && <p className="muted">{texts.story.nothingNext}</p>
      )}
    </section>
  );
}

function Event({ event, now }: { event: StoryLine; now: number }) {
  const Icon = ICONS[event.kind] ?? CircleDot;
  const facts = [
    ...(event.actor ? [texts.story.by(event.actor.name)] : []),
    ...(event.policy_version ? [`${texts.story.rules} ${texts.story.version(event.policy_version)}`] : []),
  ];
  return (
    <li className="timeline-item" data-kind={event.kind} data-testid="story-event">
      <span className="timeline-icon" aria-hidden="true">
        <Icon size={14} />
      </span>
      <div className="timeline-body">
        <p>{event.text}</p>
        <p className="timeline-meta">
          <time dateTime={event.at} title={fullTime(event.at)}>
            {momentOf(event.at, now)}
          </time>
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
        <Considered event={event} />
      </div>
    </li>
  );
}

function Considered({ event }: { event: StoryLine }) {
  const [open, setOpen] = useState(false);
  const { considered: named, more } = event;
  if (named.length === 0) return null;
  return (
    <div className="considered">
      <button
        type="button"
        className="link-button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        data-testid="considered"
      >
        <ChevronRight size={14} aria-hidden="true" />
        {texts.story.considered(named.length + more)}
      </button>
      {open && (
        <ul>
          {named.map((one) => (
            <li key={one.user_id}>
              <strong>{one.name}</strong>
              <span>{one.verdict}</span>
            </li>
          ))}
          {more > 0 && <li className="muted">{texts.story.more(more)}</li>}
        </ul>
      )}
    </div>
  );
}
