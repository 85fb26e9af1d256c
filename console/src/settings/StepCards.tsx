import { ArrowDown, ArrowRight, ArrowUp, GripVertical, Trash2 } from "lucide-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { firstOutOfOrder, moveStep, putInOrder } from "./chain";
import { ErrorLine, LengthInput, useErrorAt } from "./fields";
import type { TabProps } from "./QueuePage";
import { useShell } from "./Shell";
import { ActionFields, ActionSelect, FALLBACK_ACTIONS, isLast } from "./StepFields";
import { words } from "./texts";
import type { Step } from "./types";

type StepsProps = TabProps & {
  steps: readonly Step[];
  onSteps(steps: Step[]): void;
  /** Tells those who don't see it what was done. */
  onSaid(text: string): void;
};

/** Which button has the focus after a move, so that a step can be moved on by the same key. */
interface Focus {
  place: number;
  direction: "up" | "down" | "remove";
}

/** The cards of a chain, to be changed, moved and removed. */
export function Steps(props: StepsProps) {
  const { steps, onSteps, onSaid } = props;
  const [over, setOver] = useState<number>();
  const dragged = useRef<number>(undefined);
  const focus = useRef<Focus>(undefined);
  const list = useRef<(HTMLLIElement | null)[]>([]);
  const unordered = firstOutOfOrder(steps);
  const ended = steps.findIndex(isLast);

  useEffect(() => {
    const wanted = focus.current;
    focus.current = undefined;
    if (!wanted) return;
    const card = list.current[wanted.place];
    const button = card?.querySelector<HTMLButtonElement>(`[data-move=${wanted.direction}]:not(:disabled)`);
    const other = card?.querySelector<HTMLButtonElement>("[data-move]:not(:disabled)");
    (button ?? other ?? document.querySelector<HTMLButtonElement>("[data-testid=add-step]"))?.focus();
  });

  const move = (from: number, to: number, direction?: Focus["direction"]) => {
    if (from === to) return;
    onSteps(moveStep(steps, from, to));
    onSaid(words.chain.movedTo(to + 1));
    if (direction) focus.current = { place: to, direction };
  };
  return steps.map((step, place) => (
    <StepCard
      // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the chain
      key={place}
      {...props}
      element={(card) => {
        list.current[place] = card;
      }}
      step={step}
      place={place}
      late={place === unordered}
      dead={ended >= 0 && place > ended}
      over={over === place}
      onDragStart={() => {
        dragged.current = place;
      }}
      onDragOver={(event) => {
        if (dragged.current === undefined) return;
        event.preventDefault();
        setOver(place);
      }}
      onDrop={() => {
        if (dragged.current !== undefined) move(dragged.current, place);
      }}
      onDragEnd={() => {
        dragged.current = undefined;
        setOver(undefined);
      }}
      onMove={(by) => move(place, place + by, by < 0 ? "up" : "down")}
      onRemove={() => {
        focus.current = { place: Math.min(place, steps.length - 2), direction: "remove" };
        onSteps(steps.filter((_, other) => other !== place));
        onSaid(words.chain.removed(place + 1));
      }}
      onChange={(next) => onSteps(steps.map((other, at) => (at === place ? next : other)))}
      onOrder={() => onSteps(putInOrder(steps))}
    />
  ));
}

const NO_AND_ACTIONS = ["", ...FALLBACK_ACTIONS] as const;

interface CardProps extends StepsProps {
  element(card: HTMLLIElement | null): void;
  step: Step;
  place: number;
  late: boolean;
  dead: boolean;
  over: boolean;
  onDragStart(): void;
  onDragOver(event: DragEvent): void;
  onDrop(): void;
  onDragEnd(): void;
  onMove(by: 1 | -1): void;
  onRemove(): void;
  onChange(step: Step): void;
  onOrder(): void;
}

function StepCard(props: CardProps) {
  const { step, place, steps, context, late, dead, onChange } = props;
  const { readOnly } = useShell();
  // A card can be dragged by its handle only: text in its fields must stay selectable.
  const [held, setHeld] = useState(false);
  const path = `policy.fallback.${place}`;
  const timeError = useErrorAt(`${path}.after_seconds`);
  const error = useErrorAt(path);
  const actionError = useErrorAt(`${path}.action`);
  const number = place + 1;
  const fields = {
    step,
    onStep: onChange,
    path,
    actions: steps.some((other) => other.action === "") ? NO_AND_ACTIONS : FALLBACK_ACTIONS,
    others: context.others,
    people: context.people,
    around: context.around,
    label: `${words.chain.step(number)}: ${words.step.action}`,
  };
  return (
    <li
      ref={props.element}
      className="set-link set-step"
      data-testid="step"
      data-path={path}
      data-invalid={(error ?? timeError ?? actionError) !== undefined || late}
      data-dead={dead}
      data-over={props.over}
      draggable={held}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = "move";
        props.onDragStart();
      }}
      onDragOver={props.onDragOver}
      onDrop={props.onDrop}
      onDragEnd={() => {
        setHeld(false);
        props.onDragEnd();
      }}
    >
      <span className="set-link-icon set-step-number" aria-hidden="true">
        {number}
      </span>
      <div className="set-link-body">
        <div className="set-step-line">
          <div className="set-sentence" data-path={`${path}.after_seconds`}>
            <strong>{words.chain.after}</strong>
            <LengthInput
              label={`${words.chain.step(number)}: ${words.chain.after}`}
              value={step.after_seconds}
              onValue={(after_seconds) => onChange({ ...step, after_seconds })}
              aria-invalid={timeError || late ? true : undefined}
              aria-describedby={timeError || late ? `${path}-time` : undefined}
              data-testid="step-after"
            />
            <ArrowRight className="set-then" size={16} aria-hidden="true" />
            <ActionSelect {...fields} />
          </div>
          {!readOnly && <StepTools {...props} onHold={setHeld} />}
        </div>
        <ErrorLine id={`${path}-time`} text={timeError ?? (late ? words.chain.order : undefined)} />
        <ErrorLine text={actionError} />
        {late && !readOnly && (
          <button type="button" className="link-button" onClick={props.onOrder}>
            {words.chain.fixOrder}
          </button>
        )}
        <ActionFields {...fields} />
        <ErrorLine text={error ?? (dead ? words.chain.neverReached : undefined)} />
      </div>
    </li>
  );
}

function StepTools({ place, steps, onMove, onRemove, onHold }: CardProps & { onHold(held: boolean): void }) {
  const number = place + 1;
  return (
    <span className="set-step-tools">
      <span
        className="set-grip"
        title={words.chain.dragStep(number)}
        aria-hidden="true"
        onPointerDown={() => onHold(true)}
        onPointerUp={() => onHold(false)}
      >
        <GripVertical size={17} />
      </span>
      <button
        type="button"
        className="icon-button icon-small"
        data-move="up"
        aria-label={words.chain.upStep(number)}
        disabled={place === 0}
        onClick={() => onMove(-1)}
      >
        <ArrowUp size={16} />
      </button>
      <button
        type="button"
        className="icon-button icon-small"
        data-move="down"
        aria-label={words.chain.downStep(number)}
        disabled={place === steps.length - 1}
        onClick={() => onMove(1)}
      >
        <ArrowDown size={16} />
      </button>
      <button
        type="button"
        className="icon-button icon-small"
        data-move="remove"
        aria-label={words.chain.removeStep(number)}
        onClick={onRemove}
      >
        <Trash2 size={16} />
      </button>
    </span>
  );
}
