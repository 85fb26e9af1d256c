// What roles and states of people mean for screens.

import type { Role, User } from "../api/types";

/** May see and steer every chat of the account. */
export const supervises = (role: Role) => role === "supervisor" || role === "admin" || role === "super_admin";

/** Chats may come to users of this role. */
export const takesChats = (role: Role) => role === "agent" || role === "supervisor";

/** An agent's state as people say it. */
export type StateName = "available" | "wrap_up" | "break" | "offline";

/** The state to show: an agent who is available but in an exclusive wrap-up gets no new chats. */
export function stateOf(user: User): StateName {
  return user.status === "available" && user.wrap_up ? "wrap_up" : user.status;
}

/** Tells whether a reason says more than "break" does; accounts like to list that word as a reason, too. */
export const tellsMore = (reason: string | undefined, state: string): reason is string =>
  reason !== undefined && reason !== "" && reason.toLocaleLowerCase() !== state.toLocaleLowerCase();

const RANK: Record<StateName, number> = { available: 0, wrap_up: 1, break: 2, offline: 3 };

/** Agents as a colleague looks for them: who can take a chat first, then by room left and name. */
export function byReadiness(agents: readonly User[]): User[] {
  const left = ({ slots }: User) => Math.max(0, slots.cap - slots.used);
  return agents.toSorted(
    (a, b) => RANK[stateOf(a)] - RANK[stateOf(b)] || left(b) - left(a) || a.name.localeCompare(b.name),
  );
}

/** Agents as a supervisor looks over them: by state, then by name, so that nobody moves when their load changes. */
export function byState(agents: readonly User[]): User[] {
  return agents
    .filter((user) => !user.disabled_at)
    .sort((a, b) => RANK[stateOf(a)] - RANK[stateOf(b)] || a.name.localeCompare(b.name));
}

/** Tells whether a chat could be given to this agent now, as far as their own state says. */
export function hasRoom(user: User): boolean {
  return stateOf(user) === "available" && !user.next_status && user.slots.used < user.slots.cap && user.connected;
}
