import { Menu } from "@base-ui/react/menu";
import {
  ArrowRightLeft,
  CircleHelp,
  Ellipsis,
  FastForward,
  Hand,
  ListRestart,
  LogIn,
  LogOut,
  Pause,
  Play,
  Tag,
} from "lucide-react";
import type { ReactNode } from "react";
import type { ChatView } from "../api/types";
import { texts } from "../texts";

/** What this person may do with a chat; the server decides again. */
export interface Rights {
  owner: boolean;
  member: boolean;
  supervisor: boolean;
}

export interface ActionsProps {
  chat: ChatView;
  rights: Rights;
  busy: boolean;
  onTransfer(): void;
  onHold(seconds: number | undefined): void;
  onResume(): void;
  onRequeue(): void;
  onJoin(): void;
  onLeave(): void;
  onTake(): void;
  onNextStep(): void;
  /** Opens the dispositions: to choose early, or to correct. */
  onDisposition(): void;
  onWhy(): void;
}

/** Which actions there are, by the chat's phase and who looks at it. */
export function allowed({ chat, rights }: Pick<ActionsProps, "chat" | "rights">) {
  const { owner, member, supervisor } = rights;
  const queued = chat.phase === "queued";
  const active = chat.phase === "active";
  const steers = owner || supervisor;
  return {
    transfer: active ? steers : queued && supervisor,
    hold: owner && active,
    requeue: active && steers,
    join: active && !owner && !member,
    leave: member,
    take: supervisor && !owner && (queued || active),
    nextStep: queued && supervisor,
    choose: owner && active,
    correct: chat.phase === "closed" && (owner || supervisor),
  };
}

/** The two that are used most, beside the name. */
export function QuickActions(props: ActionsProps) {
  const { chat, busy } = props;
  const may = allowed(props);
  return (
    <div className="quick-actions">
      {may.hold &&
        (chat.held_until ? (
          <button
            type="button"
            className="button button-quiet"
            onClick={props.onResume}
            disabled={busy}
            data-action="hold"
            data-testid="resume"
          >
            <Play size={16} aria-hidden="true" />
            <span>{texts.actions.resume}</span>
          </button>
        ) : (
          <HoldMenu {...props} />
        ))}
      {may.transfer && (
        <button
          type="button"
          className="button button-quiet"
          onClick={props.onTransfer}
          disabled={busy}
          data-action="transfer"
          data-testid="transfer"
        >
          <ArrowRightLeft size={16} aria-hidden="true" />
          <span>{texts.actions.transfer}</span>
        </button>
      )}
      {chat.phase === "queued" && may.take && (
        <button type="button" className="button button-quiet" onClick={props.onTake} disabled={busy} data-testid="take">
          <Hand size={16} aria-hidden="true" />
          <span>{texts.actions.takeWaiting}</span>
        </button>
      )}
    </div>
  );
}

function HoldChoices({ onHold }: Pick<ActionsProps, "onHold">) {
  return (
    <Menu.Group>
      <Menu.GroupLabel className="menu-label">{texts.actions.holdFor}</Menu.GroupLabel>
      {texts.actions.holdChoices.map(({ label, seconds }) => (
        <Menu.Item
          key={label}
          className="menu-item"
          onClick={() => onHold(seconds)}
          data-testid="hold-choice"
          data-seconds={seconds ?? 0}
        >
          {label}
        </Menu.Item>
      ))}
    </Menu.Group>
  );
}

function HoldMenu({ busy, onHold }: ActionsProps) {
  return (
    <Menu.Root>
      <Menu.Trigger
        className="button button-quiet"
        disabled={busy}
        title={texts.actions.holdTitle}
        data-action="hold"
        data-testid="hold"
      >
        <Pause size={16} aria-hidden="true" />
        <span>{texts.actions.hold}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="positioner" sideOffset={6} align="end" collisionPadding={8}>
          <Menu.Popup className="popup menu-popup menu-short">
            <HoldChoices onHold={onHold} />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

interface ItemProps {
  icon: ReactNode;
  label: string;
  name: string;
  onClick(): void;
}

function Item({ icon, label, name, onClick }: ItemProps) {
  return (
    <Menu.Item className="menu-item" onClick={onClick} data-testid={`action-${name}`}>
      {icon}
      {label}
    </Menu.Item>
  );
}

const ICON = { size: 16, "aria-hidden": true } as const;

/** Everything that can be done with the chat. */
export function ActionsMenu(props: ActionsProps) {
  const { chat, busy } = props;
  const may = allowed(props);
  const text = texts.actions;
  const take = chat.phase === "queued" ? text.takeWaiting : text.take;
  return (
    <Menu.Root>
      <Menu.Trigger
        className="icon-button"
        aria-label={text.label}
        title={text.label}
        disabled={busy}
        data-testid="actions"
      >
        <Ellipsis size={20} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="positioner" sideOffset={6} align="end" collisionPadding={8}>
          <Menu.Popup className="popup menu-popup">
            {may.transfer && (
              <Item
                icon={<ArrowRightLeft {...ICON} />}
                label={text.transferMore}
                name="transfer"
                onClick={props.onTransfer}
              />
            )}
            {may.requeue && (
              <Item icon={<ListRestart {...ICON} />} label={text.requeue} name="requeue" onClick={props.onRequeue} />
            )}
            {may.nextStep && (
              <Item
                icon={<FastForward {...ICON} />}
                label={text.nextStep}
                name="next-step"
                onClick={props.onNextStep}
              />
            )}
            {may.take && <Item icon={<Hand {...ICON} />} label={take} name="take" onClick={props.onTake} />}
            {may.join && <Item icon={<LogIn {...ICON} />} label={text.join} name="join" onClick={props.onJoin} />}
            {may.leave && <Item icon={<LogOut {...ICON} />} label={text.leave} name="leave" onClick={props.onLeave} />}
            {may.choose && (
              <Item icon={<Tag {...ICON} />} label={text.choose} name="choose" onClick={props.onDisposition} />
            )}
            {may.correct && (
              <Item icon={<Tag {...ICON} />} label={text.correct} name="correct" onClick={props.onDisposition} />
            )}
            <Item icon={<CircleHelp {...ICON} />} label={text.why} name="why" onClick={props.onWhy} />
            {may.hold && (
              <>
                <Menu.Separator className="menu-line" />
                {chat.held_until ? (
                  <Item icon={<Play {...ICON} />} label={text.resume} name="resume" onClick={props.onResume} />
                ) : (
                  <HoldChoices onHold={props.onHold} />
                )}
              </>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
