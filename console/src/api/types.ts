// The words of the HTTP contract under short names. They are aliases of the types generated from the OpenAPI document
// (`npm run types`), so that a change of the contract breaks the build and not a screen.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type UserRef = Schemas["UserRef"];
export type QueueRef = Schemas["QueueRef"];
export type Me = Schemas["Me"];
export type ChatView = Schemas["ChatView"];
export type Message = Schemas["Message"];
export type Attachment = Schemas["Attachment"];
export type Disposition = Schemas["Disposition"];
export type CannedReply = Schemas["CannedReply"];
export type Summary = Schemas["Summary"];
export type Queue = Schemas["Queue"];
/** One deadline of a chat; `what` says in a few words what happens then. */
export type Deadline = Schemas["Deadline"];
/** How full an agent is; `full` names the cap that is reached, empty when there is room. */
export type Slots = Schemas["Slots"];
/** How a chat stands with routing, and how it came there. */
export type RoutingStory = Schemas["RoutingStory"];
/** One decision of routing, as it was recorded. */
export type StoryLine = Schemas["StoryLine"];
/** The agent a customer comes back to. */
export type Pairing = NonNullable<Schemas["Pairing"]>;
/** What was promised to a customer for later. */
export type FollowUp = Schemas["FollowUp"];
/** How a chat ended, with what was promised. */
export type DisposeBody = Schemas["DisposeRequest"];

type Asked<T, Defaulted extends keyof T> = Omit<T, Defaulted> & Partial<Pick<T, Defaulted>>;

/** A change of an agent's state, now or when their chats are done. */
export type StatusChange = Asked<Schemas["StatusRequest"], "when">;
/** Where a chat goes: to a colleague, at once or when they accept, or to a queue. */
export type Transfer = Asked<Schemas["TransferRequest"], "mode">;

export type ClockKind = Deadline["kind"];
export type Phase = ChatView["phase"];
export type ChannelType = ChatView["channel"]["type"];
export type MessageStatus = Message["status"];
export type Availability = User["status"];
export type Role = User["role"];

/** A slice of a list; `next` is the cursor of the next one, empty at the end. */
export interface Page<T> {
  items: T[];
  next: string;
}

export type ChatListView = "mine" | "waiting" | "all";
