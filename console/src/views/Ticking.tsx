// The small parts that change each second: they tick by themselves, so that nothing around them is drawn again.

import { Timer } from "lucide-react";
import type { Deadline } from "../api/types";
import { useNow } from "../live/hooks";
import { left, nextDeadline, sentenceOf, shareLeft, urgency } from "../state/deadline";
import { elapsed } from "../state/time";

/** The time since a moment. */
export function Elapsed({ since }: { since: string }) {
  return elapsed(since, useNow());
}

/** The time left until a moment. */
export function Left({ at }: { at: string }) {
  return <span className="tabular">{left(at, useNow())}</span>;
}

interface CountdownProps {
  clocks: readonly Deadline[] | undefined;
  /** Deadlines that another part of the screen shows already. */
  except?: readonly Deadline["kind"][];
}

/** The next deadline of a chat in one line: "First reply in 0:42". Nothing when no clock runs. */
export function Countdown({ clocks, except = [] }: CountdownProps) {
  const now = useNow();
  const clock = nextDeadline(clocks?.filter((each) => !except.includes(each.kind)));
  if (!clock) return null;
  return (
    <span
      className="countdown"
      data-testid="countdown"
      data-kind={clock.kind}
      data-urgency={urgency(clock.at, now)}
      title={clock.what || undefined}
    >
      <Timer size={13} aria-hidden="true" />
      <Sentence text={sentenceOf(clock, now)} />
    </span>
  );
}

/** A sentence with its numbers in even widths, so that it doesn't tremble. */
function Sentence({ text }: { text: string }) {
  const at = text.lastIndexOf(" ") + 1;
  return (
    <span>
      {text.slice(0, at)}
      <span className="tabular">{text.slice(at)}</span>
    </span>
  );
}

// The last part of a span, when it asks to be noticed.
const LAST_SHARE = 0.34;

/** A bar that empties until a moment. `span` is its whole length (ms). */
export function Emptying({ at, span }: { at: string; span: number }) {
  const share = shareLeft(at, span, useNow());
  return (
    <span className="emptying" data-last={share < LAST_SHARE} aria-hidden="true">
      <span style={{ transform: `scaleX(${share})` }} />
    </span>
  );
}
