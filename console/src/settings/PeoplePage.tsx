import { Search, UserRoundPlus } from "lucide-react";
import { useState } from "react";
import type { Queue } from "../api/types";
import { useNow } from "../live/hooks";
import { elapsed } from "../state/time";
import { texts } from "../texts";
import { Failure, Mark, Skeleton } from "../views/basics";
import type { Person } from "./api";
import { sentenceOfCause, usePeople, useQueues } from "./data";
import { Select } from "./fields";
import { PersonDialog } from "./PersonDialog";
import { PageHead, useShell } from "./Shell";
import { words } from "./texts";

type Filter = "active" | "all" | "disabled";

const takesChats = (person: Person) => person.role === "agent" || person.role === "supervisor";

function matches(person: Person, query: string, filter: Filter): boolean {
  if (filter !== "all" && (person.disabled_at !== undefined) !== (filter === "disabled")) return false;
  const wanted = query.trim().toLocaleLowerCase();
  return person.name.toLocaleLowerCase().includes(wanted) || person.email.toLocaleLowerCase().includes(wanted);
}

/** Everybody of the account. */
export function PeoplePage() {
  const { readOnly } = useShell();
  const people = usePeople();
  const queues = useQueues();
  const [query, setQuery] = useState("");
  const [filter, setFilter] = useState<Filter>("active");
  const [open, setOpen] = useState<string | "new">();
  const shown = people.data?.filter((person) => matches(person, query, filter));
  const edited = people.data?.find((person) => person.id === open);
  return (
    <>
      <PageHead
        title={words.pages.people}
        lead={words.leads.people}
        aside={
          !readOnly && (
            <button
              type="button"
              className="button button-primary"
              onClick={() => setOpen("new")}
              data-testid="add-person"
            >
              <UserRoundPlus size={16} aria-hidden="true" />
              {words.people.add}
            </button>
          )
        }
      />
      <div className="set-filter">
        <div className="search">
          <Search size={16} aria-hidden="true" />
          <input
            type="search"
            value={query}
            placeholder={words.people.search}
            aria-label={words.people.search}
            onChange={(event) => setQuery(event.target.value)}
          />
        </div>
        <Select aria-label={words.people.head.state} value={filter} onValue={(value) => setFilter(value as Filter)}>
          <option value="active">{words.people.filterActive}</option>
          <option value="all">{words.people.filterAll}</option>
          <option value="disabled">{words.people.filterDisabled}</option>
        </Select>
      </div>
      {people.isError && !people.data && (
        <Failure
          title={words.loadFailed}
          detail={sentenceOfCause(people.error)}
          onRetry={() => void people.refetch()}
        />
      )}
      {!shown && !people.isError && <Skeleton rows={6} kind="row" label={words.loading} />}
      {shown?.length === 0 && <p className="set-empty">{words.people.none}</p>}
      {shown && shown.length > 0 && (
        <Table people={shown} queues={queues.data ?? []} onOpen={readOnly ? undefined : setOpen} />
      )}
      {open !== undefined && (open === "new" || edited) && (
        <PersonDialog key={open} person={edited} queues={queues.data ?? []} onClose={() => setOpen(undefined)} />
      )}
    </>
  );
}

interface TableProps {
  people: readonly Person[];
  queues: readonly Queue[];
  onOpen: ((id: string) => void) | undefined;
}

function Table({ people, queues, onOpen }: TableProps) {
  const { head } = words.people;
  return (
    <div className="set-table-box">
      <table className="set-table">
        <thead>
          <tr>
            <th scope="col">{head.person}</th>
            <th scope="col">{head.role}</th>
            <th scope="col">{head.state}</th>
            <th scope="col" className="set-num">
              {head.cap}
            </th>
            <th scope="col">{head.channels}</th>
            <th scope="col">{head.queues}</th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <Row key={person.id} person={person} queues={queues} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ person, queues, onOpen }: { person: Person; queues: readonly Queue[]; onOpen: TableProps["onOpen"] }) {
  const names = queues.filter((queue) => person.queue_ids.includes(queue.id)).map((queue) => queue.name);
  const takes = takesChats(person);
  return (
    <tr data-testid="person" data-user-id={person.id} data-disabled={person.disabled_at !== undefined}>
      <th scope="row">
        <span className="set-person-cell">
          <Mark id={person.id} initial={[...person.name][0]?.toUpperCase() ?? "?"} size="s" />
          <span>
            {onOpen ? (
              <button
                type="button"
                className="set-row-button"
                onClick={() => onOpen(person.id)}
                aria-label={words.people.editOf(person.name)}
              >
                {person.name}
              </button>
            ) : (
              <strong>{person.name}</strong>
            )}
            <small className="muted">{person.email}</small>
          </span>
        </span>
      </th>
      <td>{words.people.roles[person.role]?.[0] ?? person.role}</td>
      <td>
        <State person={person} takes={takes} />
      </td>
      <td className="set-num tabular">{takes ? `${person.open_chats}/${person.max_chats}` : "–"}</td>
      <td>
        {!takes
          ? "–"
          : person.channel_types.length === 0
            ? words.all
            : person.channel_types.map((type) => texts.channels[type]).join(", ")}
      </td>
      <td>{names.length > 0 ? names.join(", ") : "–"}</td>
    </tr>
  );
}

function State({ person, takes }: { person: Person; takes: boolean }) {
  const now = useNow();
  if (person.disabled_at) return <span className="set-tag">{words.people.disabled}</span>;
  if (!takes) return <>–</>;
  return (
    <span className="set-state">
      <span className={`dot dot-${person.status}`} aria-hidden="true" />
      <span>
        {texts.status[person.status]}
        {person.status === "break" && person.status_reason && `: ${person.status_reason}`}
        <small className="muted tabular"> {elapsed(person.status_since, now)}</small>
      </span>
    </span>
  );
}
