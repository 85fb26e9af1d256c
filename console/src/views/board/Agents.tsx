import { Popover } from "@base-ui/react/popover";
import { CalendarClock, Ellipsis, WifiOff } from "lucide-react";
import { useState } from "react";
import type { StatusChange, User } from "../../api/types";
import { byState, stateOf, tellsMore } from "../../state/people";
import { texts } from "../../texts";
import { StatusChoices } from "../StatusControl";
import { Elapsed } from "../Ticking";

interface Props {
  agents: readonly User[];
  queueNames: ReadonlyMap<string, string>;
  reasons: readonly string[];
  /** The agent whose state is being changed. */
  busy: string | undefined;
  onStatus(agent: User, change: StatusChange): void;
}

/** Who takes chats: state, time in it, load; a supervisor changes each. */
export function Agents({ agents, ...rest }: Props) {
  return (
    <ul className="agents">
      {byState(agents).map((agent) => (
        <Agent key={agent.id} agent={agent} {...rest} />
      ))}
    </ul>
  );
}

function Agent({ agent, queueNames, reasons, busy, onStatus }: Omit<Props, "agents"> & { agent: User }) {
  const state = stateOf(agent);
  const { slots } = agent;
  const queues = agent.queue_ids.map((id) => queueNames.get(id)).filter(Boolean);
  const away = !agent.connected && agent.status !== "offline";
  return (
    <li className="agent" data-testid="board-agent" data-user-id={agent.id} data-status={agent.status}>
      <span className={`dot dot-${state}`} aria-hidden="true" />
      <div className="agent-main">
        <p className="agent-name">
          <strong>{agent.name}</strong>
          {away && (
            <span className="agent-away" title={texts.notConnected}>
              <WifiOff size={14} aria-hidden="true" />
              <span className="visually-hidden">{texts.notConnected}</span>
            </span>
          )}
        </p>
        <p className="agent-state muted">
          <span>
            {texts.states[state]}
            {agent.status !== "available" &&
              tellsMore(agent.status_reason, texts.status.break) &&
              `: ${agent.status_reason}`}
          </span>
          <span className="tabular">
            <Elapsed since={agent.status_since} />
          </span>
          {queues.length > 0 && <span className="ellipsis">{queues.join(", ")}</span>}
        </p>
        {agent.next_status && (
          <p className="agent-booked">
            <CalendarClock size={13} aria-hidden="true" />
            {texts.next(agent.next_status, agent.next_reason ?? "")}
          </p>
        )}
      </div>
      <div
        className="agent-load"
        data-full={slots.full !== ""}
        title={slots.full === "" ? undefined : texts.full(slots.full)}
      >
        <span className="tabular">{texts.load(slots.used, slots.cap)}</span>
        <span className="meter" aria-hidden="true">
          <span style={{ width: `${slots.cap > 0 ? Math.min(100, (slots.used / slots.cap) * 100) : 0}%` }} />
        </span>
      </div>
      <AgentMenu agent={agent} reasons={reasons} busy={busy === agent.id} onStatus={onStatus} />
    </li>
  );
}

interface MenuProps {
  agent: User;
  reasons: readonly string[];
  busy: boolean;
  onStatus(agent: User, change: StatusChange): void;
}

function AgentMenu({ agent, reasons, busy, onStatus }: MenuProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        className="icon-button"
        aria-label={texts.board.agentMenu(agent.name)}
        title={texts.board.agentMenu(agent.name)}
        disabled={busy}
        data-testid="agent-menu"
      >
        <Ellipsis size={18} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="positioner" sideOffset={4} align="end" collisionPadding={8}>
          <Popover.Popup className="popup status-popup">
            <Popover.Title className="visually-hidden">{texts.board.agentMenu(agent.name)}</Popover.Title>
            <StatusChoices
              mine={false}
              user={agent}
              openChats={agent.open_chats}
              reasons={reasons}
              onChoose={(change) => {
                setOpen(false);
                onStatus(agent, change);
              }}
            />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
