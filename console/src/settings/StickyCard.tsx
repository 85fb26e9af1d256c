import { texts } from "../texts";
import { Card, LengthInput, Optional, Radios, Select, Setting, Switch } from "./fields";
import { CHANNEL_TYPES, usesSticky, withChannel } from "./model";
import type { RulesProps } from "./RoutingPage";
import { words } from "./texts";
import type { StickyRules } from "./types";

const USUAL_WAIT = 120;
const USUAL_BREAK = 600;
const USUAL_EXPIRY = 720;
const HOUR = 3_600;

/** Bringing customers back to the agent who knows them. */
export function StickyCard({ rules, set }: RulesProps) {
  const { sticky } = rules;
  const change = (part: Partial<StickyRules>) => set({ sticky: { ...sticky, ...part } });
  return (
    <Card title={words.routing.sticky} hint={words.routing.stickyLead}>
      <Setting label={words.routing.enabled} hint={words.routing.enabledHint} path="sticky.enabled">
        {(field) => (
          <Switch
            {...field}
            on={sticky.enabled}
            onSwitch={(enabled) => change({ enabled })}
            data-testid="sticky-enabled"
          />
        )}
      </Setting>
      <Setting label={words.routing.perChannel} path="sticky.channels" withParts group>
        {() => <PerChannel sticky={sticky} onChannels={(channels) => change({ channels })} />}
      </Setting>
      {usesSticky(sticky) && <Details sticky={sticky} change={change} />}
    </Card>
  );
}

function PerChannel({ sticky, onChannels }: { sticky: StickyRules; onChannels(next: StickyRules["channels"]): void }) {
  return (
    <ul className="set-per-channel">
      {CHANNEL_TYPES.map((type) => {
        const own = sticky.channels[type];
        return (
          <li key={type} data-path={`sticky.channels.${type}`}>
            <span className={`channel channel-${type}`}>{texts.channels[type]}</span>
            <Select
              aria-label={`${words.routing.sticky}: ${texts.channels[type]}`}
              value={own === undefined ? "account" : own ? "on" : "off"}
              onValue={(choice) =>
                onChannels(withChannel(sticky.channels, type, choice === "account" ? undefined : choice === "on"))
              }
            >
              <option value="account">{words.routing.asAccount(sticky.enabled)}</option>
              <option value="on">{words.on}</option>
              <option value="off">{words.off}</option>
            </Select>
          </li>
        );
      })}
    </ul>
  );
}

function Details({ sticky, change }: { sticky: StickyRules; change(part: Partial<StickyRules>): void }) {
  return (
    <>
      <Setting label={words.routing.wait} hint={words.routing.waitHint} path="sticky.wait_seconds">
        {(field) => (
          <Optional
            field={field}
            value={sticky.wait_seconds}
            onValue={(wait_seconds) => change({ wait_seconds })}
            none={words.routing.waitNone}
            some={words.routing.waitSome}
            initial={USUAL_WAIT}
          >
            <LengthInput
              value={sticky.wait_seconds}
              onValue={(wait_seconds) => change({ wait_seconds })}
              label={words.routing.wait}
            />
          </Optional>
        )}
      </Setting>
      <Setting label={words.routing.breakTime} hint={words.routing.breakHint} path="sticky.break_seconds">
        {(field) => (
          <Optional
            field={field}
            value={sticky.break_seconds}
            onValue={(break_seconds) => change({ break_seconds })}
            none={words.routing.breakNone}
            some={words.routing.breakSome}
            initial={USUAL_BREAK}
          >
            <LengthInput
              value={sticky.break_seconds}
              onValue={(break_seconds) => change({ break_seconds })}
              label={words.routing.breakTime}
            />
          </Optional>
        )}
      </Setting>
      <Setting label={words.routing.onFirstReply} path="sticky.on_first_reply" group>
        {() => (
          <Radios
            label={words.routing.onFirstReply}
            value={sticky.on_first_reply ? "reply" : "outbound"}
            onValue={(choice) => change({ on_first_reply: choice === "reply" })}
            options={[
              { value: "outbound", label: words.routing.onlyOutbound },
              { value: "reply", label: words.routing.alsoReply },
            ]}
          />
        )}
      </Setting>
      <Setting label={words.routing.expires} hint={words.routing.expiresHint} path="sticky.expires_hours">
        {(field) => (
          <Optional
            field={field}
            value={sticky.expires_hours}
            onValue={(expires_hours) => change({ expires_hours })}
            none={words.routing.expiresNone}
            some={words.routing.expiresSome}
            initial={USUAL_EXPIRY}
          >
            <LengthInput
              value={sticky.expires_hours * HOUR}
              onValue={(seconds) => change({ expires_hours: Math.round(seconds / HOUR) })}
              label={words.routing.expires}
              units={["hours", "days"]}
            />
          </Optional>
        )}
      </Setting>
      <Setting label={words.routing.transfer} hint={words.routing.transferHint} path="sticky.follows_transfer">
        {(field) => (
          <Switch
            {...field}
            on={sticky.follows_transfer}
            onSwitch={(follows_transfer) => change({ follows_transfer })}
          />
        )}
      </Setting>
    </>
  );
}
