// The operations of the settings pages.

import { request } from "../api/client";
import type { components } from "../api/schema";
import type { Disposition, Page, Queue, User } from "../api/types";
import { policyFrom, rulesFrom } from "./model";
import type { Member, Policy, RoutingRules } from "./types";

type Schemas = components["schemas"];

const base = "/api/v1/settings";
const at = (list: string, id: string) => `${base}/${list}/${encodeURIComponent(id)}`;

export type Person = User;
export type PersonChange = Schemas["UserPatchRequest"];
export type NewPerson = Schemas["NewUserRequest"];
export type DispositionChange = Schemas["DispositionPatchRequest"];
export type NewDisposition = Schemas["NewDispositionRequest"];
export type Preview = Schemas["PolicyPreview"];

/** A queue with its members and its policy. */
export interface QueueSettings {
  id: string;
  name: string;
  priority: number;
  members: Member[];
  policy: Policy;
  /** Of the policy; 0 while nobody has set one. */
  version: number;
}

export interface Rules {
  rules: RoutingRules;
  version: number;
}

/** What was in force from one save to the next. */
export interface Version<T> {
  version: number;
  at: string;
  actor?: string;
  body: T;
}

function queueFrom(raw: Schemas["QueueDetails"]): QueueSettings {
  const { id, name, priority, members } = raw;
  return { id, name, priority, members, policy: policyFrom(raw.policy), version: raw.policy_version };
}

const rulesOf = (raw: Schemas["RoutingSettings"]): Rules => ({ rules: rulesFrom(raw), version: raw.version });

function versionOf<T>(raw: { version: number; at: string; actor?: Schemas["UserRef"] }, body: T): Version<T> {
  return { version: raw.version, at: raw.at, body, ...(raw.actor ? { actor: raw.actor.name } : {}) };
}

/** Refused as `newer_version` when another version is in force by then; without one, saved over whatever is there. */
const expecting = (version: number | undefined) => (version === undefined ? {} : { version });

export const settingsApi = {
  queues: async () => (await request<Page<Queue>>("GET", `${base}/queues`)).items,
  createQueue: (body: Schemas["NewQueueRequest"]) => request<Queue>("POST", `${base}/queues`, { body }),
  queue: async (id: string) => queueFrom(await request<Schemas["QueueDetails"]>("GET", at("queues", id))),
  patchQueue: (id: string, body: Schemas["QueuePatchRequest"]) => request<Queue>("PATCH", at("queues", id), { body }),
  putMembers: (id: string, members: Member[]) => {
    const body: Schemas["MembersRequest"] = { members };
    return request<Queue>("PUT", `${at("queues", id)}/members`, { body });
  },
  putPolicy: (id: string, policy: Policy, version: number | undefined) => {
    const body: Schemas["PolicyRequest"] = { ...policy, ...expecting(version) };
    return request<Schemas["QueueDetails"]>("PUT", `${at("queues", id)}/policy`, { body });
  },
  policies: async (id: string): Promise<Version<Policy>[]> => {
    const page = await request<Page<Schemas["PolicyVersion"]>>("GET", `${at("queues", id)}/policies`);
    return page.items.map((raw) => versionOf(raw, policyFrom(raw.policy)));
  },
  preview: (body: Schemas["PreviewRequest"], signal: AbortSignal) =>
    request<Preview>("POST", `${base}/routing/preview`, { body, signal }),

  rules: async () => rulesOf(await request<Schemas["RoutingSettings"]>("GET", `${base}/routing`)),
  putRules: (rules: RoutingRules, version: number | undefined) => {
    const body: Schemas["RoutingSettingsRequest"] = { ...rules, ...expecting(version) };
    return request<Schemas["RoutingSettings"]>("PUT", `${base}/routing`, { body });
  },
  ruleVersions: async (): Promise<Version<RoutingRules>[]> => {
    const page = await request<Page<Schemas["RoutingSettingsVersion"]>>("GET", `${base}/routing/versions`);
    return page.items.map((raw) => versionOf(raw, rulesFrom(raw.settings)));
  },

  people: async () => (await request<Page<User>>("GET", `${base}/users`)).items,
  createPerson: (body: NewPerson) => request<User>("POST", `${base}/users`, { body }),
  patchPerson: (id: string, body: PersonChange) => request<User>("PATCH", at("users", id), { body }),

  dispositions: async () => (await request<Page<Disposition>>("GET", `${base}/dispositions`)).items,
  createDisposition: (body: NewDisposition) => request<Disposition>("POST", `${base}/dispositions`, { body }),
  patchDisposition: (id: string, body: DispositionChange) =>
    request<Disposition>("PATCH", at("dispositions", id), { body }),
};
