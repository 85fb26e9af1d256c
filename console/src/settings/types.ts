// The words of the routing settings under short names: aliases of the types generated from the OpenAPI document, with
// nothing left out, as forms want it (model.ts fills what the API leaves out).

import type { components } from "../api/schema";
import type { ChannelType } from "../api/types";

type Schemas = components["schemas"];

/** A link of a fallback chain, or what happens on arrival; which of its fields count depends on the action. */
export type Step = Schemas["Step"] & { after_seconds: number };
export type ReplyStep = Schemas["ReplyStep"];
export type SilenceStep = Required<Schemas["SilenceStep"]>;
export type WrapUp = Schemas["WrapUp"] & { seconds: number; exclusive: boolean };
/** A part of a day: "09:00" to "17:30"; "24:00" is the day's end. */
export type Span = Schemas["Span"];
/** A date with hours of its own. */
export type Holiday = Required<Omit<Schemas["Holiday"], "closed">> & { closed: Step };
/** Opening hours; the week has seven days, Sunday first. */
export type Hours = Required<Omit<NonNullable<Schemas["Hours"]>, "holidays" | "closed">> & {
  holidays: Holiday[];
  closed: Step;
};

/** What a queue does with its chats. */
export type Policy = Omit<Schemas["Policy"], "fallback" | "hours" | "overflow" | "silence" | "wrap_up" | "channels"> & {
  channels: ChannelType[];
  fallback: Step[];
  hours: Hours | null;
  overflow: Step;
  silence: SilenceStep[];
  wrap_up: WrapUp;
};

export type StickyRules = Omit<Schemas["Sticky"], "channels"> & { channels: Partial<Record<ChannelType, boolean>> };

/** The rules that hold for all queues of the account. */
export type RoutingRules = Omit<Schemas["Settings"], "sticky" | "caps"> & {
  sticky: StickyRules;
  caps: Omit<Schemas["Caps"], "per_channel"> & { per_channel: Partial<Record<ChannelType, number>> };
};

/** Somebody who serves a queue; priority 1 is served first, 9 last. */
export type Member = Schemas["Member"];

export type Strategy = Policy["strategy"];
export type Action = Step["action"];
export type ReplyAction = ReplyStep["action"];
export type SilenceAction = SilenceStep["action"];

/** Name and id of something to choose. */
export interface Choice {
  id: string;
  name: string;
}
