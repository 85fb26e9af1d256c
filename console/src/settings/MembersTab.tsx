import { Search, UserRoundPlus, X } from "lucide-react";
import { useId, useState } from "react";
import { Mark } from "../views/basics";
import type { Person } from "./api";
import { Card, ErrorLine, useErrorAt } from "./fields";
import { PrioritySelect } from "./GeneralTab";
import type { TabProps } from "./QueuePage";
import { useShell } from "./Shell";
import { words } from "./texts";
import type { Member } from "./types";

const USUAL_PRIORITY = 5;
const MOST_SHOWN = 6;

const takesChats = (person: Person) => person.role === "agent" || person.role === "supervisor";

/** Who serves the queue, and who of them first. */
export function MembersTab({ editing, context }: TabProps) {
  const { readOnly } = useShell();
  const { members } = editing.value;
  const error = useErrorAt("members", true);
  const nameOf = (id: string) => context.people.find((person) => person.id === id)?.name ?? "";
  const shown = [...members].sort(
    (a, b) => a.priority - b.priority || nameOf(a.user_id).localeCompare(nameOf(b.user_id)),
  );
  const set = (next: (now: readonly Member[]) => Member[]) =>
    editing.change((now) => ({ ...now, members: next(now.members) }));
  return (
    <Card title={words.queues.tabs.members}>
      <div data-path="members" className="set-members">
        {!readOnly && (
          <AddMember
            people={context.people.filter(
              (person) =>
                takesChats(person) && !person.disabled_at && !members.some((member) => member.user_id === person.id),
            )}
            onAdd={(id) => set((now) => [...now, { user_id: id, priority: USUAL_PRIORITY }])}
          />
        )}
        <ErrorLine text={error} />
        {members.length === 0 ? (
          <p className="set-empty">{words.members.none}</p>
        ) : (
          <ul className="set-people">
            {shown.map((member) => (
              <MemberRow
                key={member.user_id}
                member={member}
                person={context.people.find((person) => person.id === member.user_id)}
                onPriority={(priority) =>
                  set((now) => now.map((other) => (other.user_id === member.user_id ? { ...other, priority } : other)))
                }
                onRemove={() => set((now) => now.filter((other) => other.user_id !== member.user_id))}
              />
            ))}
          </ul>
        )}
      </div>
    </Card>
  );
}

interface RowProps {
  member: Member;
  person: Person | undefined;
  onPriority(priority: number): void;
  onRemove(): void;
}

function MemberRow({ member, person, onPriority, onRemove }: RowProps) {
  const { readOnly } = useShell();
  const name = person?.name ?? words.members.unknown;
  return (
    <li className="set-person" data-testid="member" data-user-id={member.user_id}>
      <Mark id={member.user_id} initial={[...name][0]?.toUpperCase() ?? "?"} size="s" />
      <span className="set-person-name">
        <strong>{name}</strong>
        <small className="muted">
          {person && words.people.roles[person.role]?.[0]}
          {person?.disabled_at && ` · ${words.members.disabled}`}
        </small>
      </span>
      <span className="set-person-priority">
        <span className="muted">{words.members.head.priority}</span>
        <PrioritySelect value={member.priority} onPriority={onPriority} aria-label={words.members.priority(name)} />
      </span>
      {!readOnly && (
        <button type="button" className="icon-button" aria-label={words.members.remove(name)} onClick={onRemove}>
          <X size={17} />
        </button>
      )}
    </li>
  );
}

function AddMember({ people, onAdd }: { people: readonly Person[]; onAdd(id: string): void }) {
  const id = useId();
  const [query, setQuery] = useState("");
  const [open, setOpen] = useState(false);
  const wanted = query.trim().toLocaleLowerCase();
  const matches = people.filter(
    (person) => person.name.toLocaleLowerCase().includes(wanted) || person.email.toLocaleLowerCase().includes(wanted),
  );
  const add = (person: Person) => {
    onAdd(person.id);
    setQuery("");
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only notices that the focus has gone elsewhere
    <div
      className="set-add-person"
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}
    >
      <div className="search">
        <Search size={16} aria-hidden="true" />
        <input
          type="search"
          value={query}
          placeholder={words.members.search}
          aria-label={words.members.search}
          aria-describedby={id}
          data-testid="member-search"
          onFocus={() => setOpen(true)}
          onChange={(event) => {
            setQuery(event.target.value);
            setOpen(true);
          }}
          onKeyDown={(event) => {
            const first = matches[0];
            if (event.key === "Escape") setOpen(false);
            if (event.key !== "Enter" || !first) return;
            event.preventDefault();
            add(first);
          }}
        />
      </div>
      <p className="visually-hidden" id={id} role="status">
        {open ? words.members.found(matches.length) : ""}
      </p>
      {open && (
        <ul className="set-add-list">
          {matches.slice(0, MOST_SHOWN).map((person) => (
            <li key={person.id}>
              <button type="button" onClick={() => add(person)} aria-label={words.members.addOne(person.name)}>
                <UserRoundPlus size={16} aria-hidden="true" />
                <span>{person.name}</span>
                <small className="muted">{person.email}</small>
              </button>
            </li>
          ))}
          {matches.length === 0 && <li className="muted set-add-none">{words.members.noMatch}</li>}
        </ul>
      )}
    </div>
  );
}
