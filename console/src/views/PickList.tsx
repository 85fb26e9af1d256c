import { Search } from "lucide-react";
import { type ReactNode, type RefObject, useId, useState } from "react";
import type { User } from "../api/types";
import { stateOf, tellsMore } from "../state/people";
import { texts } from "../texts";
import { Failure, Skeleton } from "./basics";

export interface PickItem {
  id: string;
  name: string;
  /** What is searched besides the name. */
  words?: string;
  content: ReactNode;
}

interface Props {
  label: string;
  placeholder: string;
  items: readonly PickItem[] | undefined;
  failed: string | undefined;
  empty: string;
  none: string;
  chosen: string | undefined;
  disabled: boolean;
  search: RefObject<HTMLInputElement | null>;
  onChoose(id: string): void;
  onReload(): void;
}

/** One of many: a search field over a list of radio buttons. Arrow keys in the field choose, too. */
export function PickList(props: Props) {
  const { items, chosen, onChoose } = props;
  const [query, setQuery] = useState("");
  const name = useId();
  const wanted = query.trim().toLocaleLowerCase();
  const shown = (items ?? []).filter((item) => `${item.name} ${item.words ?? ""}`.toLocaleLowerCase().includes(wanted));
  const step = (by: 1 | -1) => {
    const at = shown.findIndex((item) => item.id === chosen);
    const next = shown[at < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, at + by))];
    if (next) onChoose(next.id);
  };
  return (
    <fieldset className="options" disabled={props.disabled} aria-label={props.label}>
      <div className="search">
        <Search size={16} aria-hidden="true" />
        <input
          ref={props.search}
          type="search"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown" || event.key === "ArrowUp") {
              event.preventDefault();
              step(event.key === "ArrowDown" ? 1 : -1);
            }
            // The first Enter takes the first match, the next one confirms.
            if (event.key === "Enter" && !shown.some((item) => item.id === chosen) && shown[0]) {
              event.preventDefault();
              onChoose(shown[0].id);
            }
          }}
          placeholder={props.placeholder}
          aria-label={props.placeholder}
          data-testid="pick-search"
        />
      </div>
      <div className="option-list">
        {props.failed && !items && <Failure title={props.failed} onRetry={props.onReload} />}
        {!items && !props.failed && <Skeleton rows={4} kind="line" label={texts.transfer.loading} />}
        {items?.length === 0 && <p className="muted">{props.empty}</p>}
        {items && items.length > 0 && shown.length === 0 && <p className="muted">{props.none}</p>}
        {shown.map((item) => (
          <label key={item.id} className="option" data-testid="pick-option" data-chosen={item.id === chosen}>
            <input
              type="radio"
              name={name}
              checked={item.id === chosen}
              onChange={() => onChoose(item.id)}
              ref={
                item.id === chosen
                  ? (element) => element?.closest("label")?.scrollIntoView({ block: "nearest" })
                  : undefined
              }
            />
            {item.content}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** An agent with state and load, as one looks for them. */
export function agentItem(user: User): PickItem {
  const state = stateOf(user);
  const { slots } = user;
  const details = [
    texts.states[state] +
      (state === "break" && tellsMore(user.status_reason, texts.status.break) ? `: ${user.status_reason}` : ""),
    ...(user.next_status ? [texts.next(user.next_status, user.next_reason ?? "")] : []),
    ...(!user.connected && user.status !== "offline" ? [texts.notConnected] : []),
    ...(slots.full === "" ? [] : [texts.full(slots.full)]),
  ];
  return {
    id: user.id,
    name: user.name,
    words: `${user.email} ${texts.states[state]}`,
    content: (
      <span className="pick">
        <span className={`dot dot-${state}`} aria-hidden="true" />
        <span className="pick-main">
          <span className="pick-name">{user.name}</span>
          <small className="muted">{details.join(" · ")}</small>
        </span>
        <span className="pick-load tabular" data-full={slots.full !== ""}>
          {texts.load(slots.used, slots.cap)}
        </span>
      </span>
    ),
  };
}
