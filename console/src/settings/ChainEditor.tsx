import { Menu } from "@base-ui/react/menu";
import { ChevronDown, ListOrdered, Plus, UserRound, Users } from "lucide-react";
import { useState } from "react";
import { linkTo } from "../live/route";
import { texts } from "../texts";
import { fromTemplate, placeForStep, TEMPLATES, type TemplateName, withAction } from "./chain";
import { ErrorLine, LengthInput, useErrorAt } from "./fields";
import { CHANNEL_TYPES, usesSticky } from "./model";
import type { TabProps } from "./QueuePage";
import { useShell } from "./Shell";
import { Steps } from "./StepCards";
import { isLast } from "./StepFields";
import { words } from "./texts";
import type { Step } from "./types";

/** The menu of ready-made chains. */
export function Templates({ editing, context }: TabProps) {
  const { readOnly, flash } = useShell();
  if (readOnly) return null;
  const take = (name: TemplateName) => {
    const filled = fromTemplate(name, context.around);
    editing.change((now) => ({
      ...now,
      ...(filled.sticky ? { sticky: filled.sticky } : {}),
      policy: { ...now.policy, fallback: filled.steps },
    }));
    const [title] = words.chain.templates[name];
    flash([words.chain.replaced(title), ...(filled.short ? [words.chain.templateShort] : [])].join(" "));
  };
  return (
    <Menu.Root>
      <Menu.Trigger className="button" data-testid="templates">
        <ListOrdered size={16} aria-hidden="true" />
        {words.chain.template}
        <ChevronDown size={15} aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="positioner" sideOffset={6} align="end" collisionPadding={8}>
          <Menu.Popup className="popup set-templates">
            {TEMPLATES.map((name) => {
              const [title, hint] = words.chain.templates[name];
              return (
                <Menu.Item
                  key={name}
                  className="set-template"
                  onClick={() => take(name)}
                  data-testid={`template-${name}`}
                >
                  <strong>{title}</strong>
                  <small>{hint}</small>
                </Menu.Item>
              );
            })}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** What happens to a waiting chat, from top to bottom. */
export function ChainEditor(props: TabProps) {
  const { editing, setPolicy } = props;
  const { readOnly } = useShell();
  const { members, name } = editing.value;
  const steps = editing.value.policy.fallback;
  const error = useErrorAt("policy.fallback");
  const setSteps = (fallback: Step[]) => setPolicy({ fallback });
  const [said, setSaid] = useState("");
  const ends = steps.some(isLast) || editing.value.policy.max_wait_seconds > 0;
  return (
    <div className="set-chain" data-path="policy.fallback">
      <ol>
        <StickyRow {...props} />
        <li className="set-link set-link-team">
          <span className="set-link-icon" aria-hidden="true">
            <Users size={17} />
          </span>
          <div className="set-link-body">
            <p>
              <strong>{words.chain.teamTitle(name)}</strong>
            </p>
            <p className="muted">
              {words.chain.teamText(members.length)}{" "}
              <a {...linkTo({ page: "settings", settings: `queues/${props.context.id}/members` })}>
                {words.chain.teamLink}
              </a>
            </p>
          </div>
        </li>
        <Steps {...props} steps={steps} onSteps={setSteps} onSaid={setSaid} />
      </ol>
      <p className="visually-hidden" role="status">
        {said}
      </p>
      <ErrorLine text={error} />
      {!readOnly && (
        <div className="set-chain-foot">
          <button
            type="button"
            className="button"
            data-testid="add-step"
            onClick={() => {
              const { place, after_seconds } = placeForStep(steps);
              const step = withAction({ after_seconds, action: "" }, firstAction(props, steps), props.context.around);
              setSteps(steps.toSpliced(place, 0, step));
            }}
          >
            <Plus size={16} aria-hidden="true" />
            {words.chain.addStep}
          </button>
          <p className="muted">{ends ? "" : steps.length === 0 ? words.chain.addFirst : words.chain.endless}</p>
        </div>
      )}
    </div>
  );
}

/** What a new step does at first: widen once, then a text. */
function firstAction({ context }: TabProps, steps: readonly Step[]): Step["action"] {
  const widens = steps.some((step) => step.action === "widen");
  return context.others.length > 0 && !widens ? "widen" : "text";
}

function StickyRow({ editing, context }: TabProps) {
  const { value: form, change } = editing;
  const error = useErrorAt("sticky", true);
  const sticky = { ...context.rules.rules.sticky, ...form.sticky };
  const on = usesSticky(sticky);
  const some = CHANNEL_TYPES.filter((type) => sticky.channels[type] ?? sticky.enabled);
  const link = (
    <a {...linkTo({ page: "settings", settings: "routing" })} className="set-link-more">
      {words.chain.stickyMore}
    </a>
  );
  return (
    <li className="set-link set-link-sticky" data-off={!on} data-path="sticky" data-testid="sticky-row">
      <span className="set-link-icon" aria-hidden="true">
        <UserRound size={17} />
      </span>
      <div className="set-link-body">
        <p>
          <strong>{on ? words.chain.stickyTitle : words.chain.stickyOffTitle}</strong>
        </p>
        {on ? (
          <>
            <div className="set-sentence" data-path="sticky.wait_seconds">
              {words.chain.stickyOn}
              <LengthInput
                label={words.routing.wait}
                value={form.sticky.wait_seconds}
                onValue={(wait_seconds) => change((now) => ({ ...now, sticky: { ...now.sticky, wait_seconds } }))}
                data-testid="sticky-wait"
              />
              <span>{words.chain.stickyText}</span>
            </div>
            <p className="muted">
              {some.length < CHANNEL_TYPES.length &&
                `${words.chain.stickySome(some.map((type) => texts.channels[type]).join(", "))} `}
              {words.chain.stickyAll} {link}
            </p>
          </>
        ) : (
          <p className="muted">
            {words.chain.stickyOff}{" "}
            <button
              type="button"
              className="link-button"
              data-testid="sticky-on"
              onClick={() =>
                change((now) => ({
                  ...now,
                  sticky: { enabled: true, wait_seconds: now.sticky.wait_seconds || 120 },
                }))
              }
            >
              {words.chain.stickyTurnOn}
            </button>{" "}
            {link}
          </p>
        )}
        <ErrorLine text={error} />
      </div>
    </li>
  );
}
