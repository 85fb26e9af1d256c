import type { ChannelType } from "../api/types";
import { texts } from "../texts";
import {
  Card,
  ErrorLine,
  type FieldProps,
  LengthInput,
  NumberInput,
  Optional,
  Setting,
  Switch,
  useErrorAt,
} from "./fields";
import { CHANNEL_TYPES, withChannel } from "./model";
import type { RulesProps } from "./RoutingPage";
import { words } from "./texts";
import { ZoneInput } from "./ZoneInput";

const USUAL_CAP = 5;
const MOST = 20;

/** How many chats one agent holds at once. */
export function CapsCard({ rules, set }: RulesProps) {
  const { caps } = rules;
  return (
    <Card title={words.routing.caps} hint={words.routing.capsLead}>
      <Setting label={words.routing.perAgent} hint={words.routing.perAgentHint} path="caps.per_agent">
        {(field) => (
          <CapField
            field={field}
            label={`${words.routing.caps}: ${words.routing.perAgent}`}
            value={caps.per_agent}
            onValue={(per_agent) => set({ caps: { ...caps, per_agent } })}
          />
        )}
      </Setting>
      <Setting label={words.routing.perChannel} path="caps.per_channel" group>
        {() => (
          <ul className="set-per-channel">
            {CHANNEL_TYPES.map((type) => (
              <ChannelCap
                key={type}
                type={type}
                value={caps.per_channel[type] ?? 0}
                onValue={(cap) =>
                  set({
                    caps: { ...caps, per_channel: withChannel(caps.per_channel, type, cap === 0 ? undefined : cap) },
                  })
                }
              />
            ))}
          </ul>
        )}
      </Setting>
    </Card>
  );
}

interface ChannelCapProps {
  type: ChannelType;
  value: number;
  onValue(value: number): void;
}

function ChannelCap({ type, value, onValue }: ChannelCapProps) {
  const path = `caps.per_channel.${type}`;
  const name = texts.channels[type];
  const error = useErrorAt(path);
  return (
    <li data-path={path}>
      <span className={`channel channel-${type}`}>{name}</span>
      <CapField
        value={value}
        onValue={onValue}
        label={`${words.routing.caps}: ${name}`}
        field={{ id: path, "aria-describedby": undefined, "aria-invalid": error ? true : undefined }}
      />
      <ErrorLine text={error} />
    </li>
  );
}

interface CapProps {
  field: FieldProps;
  value: number;
  onValue(value: number): void;
  label: string;
}

function CapField({ field, value, onValue, label }: CapProps) {
  return (
    <Optional
      field={field}
      label={label}
      value={value}
      onValue={onValue}
      none={words.routing.noCap}
      some={words.routing.capSome}
      initial={USUAL_CAP}
    >
      <NumberInput value={value} onValue={onValue} min={1} max={MOST} aria-label={label} />
      {words.routing.capUnit}
    </Optional>
  );
}

/** What takes a slot of an agent. */
export function SlotsCard({ rules, set }: RulesProps) {
  return (
    <Card title={words.routing.slots}>
      <Setting label={words.routing.leftHolds} hint={words.routing.leftHoldsHint} path="left_holds_slot">
        {(field) => (
          <Switch {...field} on={rules.left_holds_slot} onSwitch={(left_holds_slot) => set({ left_holds_slot })} />
        )}
      </Setting>
      <Setting label={words.routing.resume} hint={words.routing.resumeHint} path="resume_over_cap">
        {(field) => (
          <Switch {...field} on={rules.resume_over_cap} onSwitch={(resume_over_cap) => set({ resume_over_cap })} />
        )}
      </Setting>
    </Card>
  );
}

/** How long somebody may be out of reach. */
export function PresenceCard({ rules, set }: RulesProps) {
  return (
    <Card title={words.routing.presence}>
      <Setting label={words.routing.grace} hint={words.routing.graceHint} path="presence.grace_seconds">
        {(field) => (
          <LengthInput
            {...field}
            label={words.routing.grace}
            value={rules.presence.grace_seconds}
            onValue={(grace_seconds) => set({ presence: { grace_seconds } })}
          />
        )}
      </Setting>
      <Setting label={words.routing.accept} hint={words.routing.acceptHint} path="transfer.accept_seconds">
        {(field) => (
          <LengthInput
            {...field}
            label={words.routing.accept}
            units={["seconds", "minutes"]}
            value={rules.transfer.accept_seconds}
            onValue={(accept_seconds) => set({ transfer: { accept_seconds } })}
          />
        )}
      </Setting>
    </Card>
  );
}

export function ZoneCard({ rules, set }: RulesProps) {
  return (
    <Card title={words.hours.zone}>
      <Setting label={words.routing.zone} hint={words.routing.zoneHint} path="zone">
        {(field) => <ZoneInput field={field} value={rules.zone} onZone={(zone) => set({ zone })} />}
      </Setting>
    </Card>
  );
}
