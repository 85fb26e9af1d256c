import { useEffect, useRef, useState } from "react";
import { fewNames, type Lane, type Mark, type Picture, pictureOf, spread } from "./chain";
import { usesSticky } from "./model";
import type { TabProps } from "./QueuePage";
import { words } from "./texts";
import type { Choice } from "./types";
import { longLength, shortLength } from "./units";

const LANE = 30;
const BAR = 24;
const HEAD = 30;
const FOOT = 26;
const SIDE = 34;
const GAP = 74;
const TAIL = 84;
const NARROWEST = 300;

/** The width of an element, as it changes. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}

/** Who may take the chat when, and what happens at which moment. */
export function Timeline({ editing, context }: TabProps) {
  const { ref, width } = useWidth();
  const form = editing.value;
  const sticky = { ...context.rules.rules.sticky, ...form.sticky };
  const picture = pictureOf(form.policy, usesSticky(sticky) ? sticky : undefined);
  return (
    <div className="set-timeline" ref={ref} data-testid="timeline">
      {width > 0 && <Drawing picture={picture} width={width} team={form.name} others={context.others} />}
    </div>
  );
}

interface DrawingProps {
  picture: Picture;
  width: number;
  team: string;
  others: readonly Choice[];
}

function laneName(lane: Lane, team: string, others: readonly Choice[]): string {
  const names = lane.queues.map((id) => others.find((other) => other.id === id)?.name ?? words.step.gone);
  const everyone = others.length > 2 && others.every((other) => lane.queues.includes(other.id));
  const few = everyone ? words.step.everyone.toLowerCase() : fewNames(names, words.picture.more);
  if (lane.who === "sticky") return words.picture.sticky;
  if (lane.who === "team") return fewNames([team], words.picture.more);
  return lane.who === "also" ? words.picture.and(few) : words.picture.moved(few);
}

/** Each moment once, with everything that happens then. */
function momentsOf(marks: readonly Mark[]): { at: number; kinds: Mark["kind"][] }[] {
  const moments = new Map<number, Mark["kind"][]>();
  for (const mark of marks) moments.set(mark.at, [...(moments.get(mark.at) ?? []), mark.kind]);
  return [...moments].map(([at, kinds]) => ({ at, kinds })).sort((a, b) => a.at - b.at);
}

function spoken(picture: Picture, team: string, others: readonly Choice[]): string {
  const lanes = picture.lanes.map(
    (lane) =>
      `${laneName(lane, team, others)}: ${longLength(lane.from)} – ${lane.to === undefined ? words.picture.waitsOn : longLength(lane.to)}.`,
  );
  const marks = momentsOf(picture.marks)
    .map(({ at, kinds }) => ({ at, text: markText(kinds) }))
    .filter(({ text }) => text !== "")
    .map(({ at, text }) => `${longLength(at)}: ${text}.`);
  return words.picture.label([...lanes, ...marks]);
}

const markText = (kinds: readonly Mark["kind"][]) =>
  kinds
    .map((kind) => words.actionShort[kind])
    .filter((text) => text !== "")
    .join(", ");

function Drawing({ picture, width: room, team, others }: DrawingProps) {
  const moments = momentsOf(picture.marks);
  const open = picture.lanes.some((lane) => lane.to === undefined);
  const least = SIDE * 2 + (moments.length - 1) * GAP + (open ? TAIL : 0);
  const width = Math.max(room, Math.min(least, room * 3), NARROWEST);
  // A wait without an end gets a share of the picture that looks like one.
  const tail = open ? Math.max(TAIL, (width - SIDE * 2) / (moments.length + 1)) : 0;
  const inner = width - SIDE * 2 - tail;
  const places = spread(
    moments.map((moment) => moment.at),
    inner,
    GAP,
  );
  const x = (at: number) => SIDE + (places[moments.findIndex((moment) => moment.at === at)] ?? 0);
  const far = width - SIDE / 2;
  const bottom = HEAD + picture.lanes.length * LANE;
  return (
    <svg
      width={width}
      height={bottom + FOOT}
      viewBox={`0 0 ${width} ${bottom + FOOT}`}
      role="img"
      aria-label={spoken(picture, team, others)}
    >
      {moments.map(({ at }) => (
        <line key={at} className="set-tl-line" x1={x(at)} x2={x(at)} y1={HEAD - 6} y2={bottom + 2} />
      ))}
      {picture.lanes.map((lane, row) => {
        const from = x(lane.from);
        const to = lane.to === undefined ? far : x(lane.to);
        const y = HEAD + row * LANE + (LANE - BAR) / 2;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a lane is its row
          <g key={row}>
            <rect
              className={`set-tl-bar set-tl-${lane.who}`}
              x={from}
              y={y}
              width={Math.max(4, to - from)}
              height={BAR}
              rx={6}
              data-open={lane.to === undefined}
            />
            <LaneLabel
              text={laneName(lane, team, others)}
              from={from}
              to={to}
              y={y + BAR / 2}
              width={width}
              who={lane.who}
            />
            {lane.to === undefined && <path className="set-tl-arrow" d={`M ${far - 14} ${y + 7} l 5 5 l -5 5`} />}
          </g>
        );
      })}
      {moments.map(({ at, kinds }) => (
        <g key={at}>
          <text className="set-tl-time" x={x(at)} y={HEAD - 13} textAnchor="middle">
            {shortLength(at)}
          </text>
          <circle className="set-tl-dot" data-kind={kinds.at(-1)} cx={x(at)} cy={bottom + 4} r={4} />
          <text className="set-tl-what" x={x(at)} y={bottom + 21} textAnchor="middle">
            {markText(kinds)}
          </text>
        </g>
      ))}
      {picture.end === undefined && (
        <text className="set-tl-what" x={far} y={bottom + 21} textAnchor="end">
          {words.picture.waitsOn}
        </text>
      )}
    </svg>
  );
}

interface LabelProps {
  text: string;
  from: number;
  to: number;
  y: number;
  width: number;
  who: Lane["who"];
}

const CHARACTER = 6.6;

/** The name in its bar when it fits, else beside it, on the side with more room. */
function LaneLabel({ text, from, to, y, width, who }: LabelProps) {
  const needed = text.length * CHARACTER + 16;
  if (to - from >= needed) {
    return (
      <text className={`set-tl-name set-tl-in-${who}`} x={from + 8} y={y} dominantBaseline="central">
        {text}
      </text>
    );
  }
  const right = width - to >= needed || width - to >= from;
  return (
    <text
      className="set-tl-name"
      x={right ? to + 8 : from - 8}
      y={y}
      textAnchor={right ? "start" : "end"}
      dominantBaseline="central"
    >
      {text}
    </text>
  );
}
