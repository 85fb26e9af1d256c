// The words of the HTTP contract under short names. They are aliases of the types generated from the OpenAPI document
// (`npm run types`), so that a change of the contract breaks the build and not a screen.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type UserRef = Schemas["UserRef"];
export type Me = Schemas["Me"];
export type ChatView = Schemas["ChatView"];
export type Message = Schemas["Message"];
export type Attachment = Schemas["Attachment"];
export type Disposition = Schemas["Disposition"];
export type CannedReply = Schemas["CannedReply"];
export type Summary = Schemas["Summary"];

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
