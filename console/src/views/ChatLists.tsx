import { Coffee, Inbox, MoonStar } from "lucide-react";
import type { ReactNode } from "react";
import type { Availability, ChatListView, ChatView } from "../api/types";
import { grouped, type MineGroup } from "../state/chats";
import { texts } from "../texts";
import { Empty } from "./basics";

const GROUPS: readonly MineGroup[] = ["needsReply", "waitingForCustomer", "held", "customerLeft"];

/** My chats under their headings. */
export function MineList({ items, row }: { items: readonly ChatView[]; row(chat: ChatView): ReactNode }) {
  const groups = grouped(items);
  return GROUPS.filter((group) => groups[group].length > 0).map((group) => (
    <section key={group} className="chat-group" data-group={group} aria-label={texts.lists[group]}>
      <h2>
        {texts.lists[group]} <span className="tabular">{groups[group].length}</span>
      </h2>
      <ul>{groups[group].map(row)}</ul>
    </section>
  ));
}

interface TabProps {
  view: ChatListView;
  waiting: number | undefined;
  onView(view: ChatListView): void;
}

const VIEWS: readonly ChatListView[] = ["mine", "waiting", "all"];

/** The lists a supervisor may look at. */
export function ListTabs({ view, waiting, onView }: TabProps) {
  return (
    <fieldset className="list-tabs" aria-label={texts.lists.label}>
      {VIEWS.map((name) => (
        <button key={name} type="button" aria-pressed={name === view} onClick={() => onView(name)}>
          {texts.lists[name]}
          {name === "waiting" && waiting !== undefined && waiting > 0 && <span className="tabular"> {waiting}</span>}
        </button>
      ))}
    </fieldset>
  );
}

interface EmptyProps {
  status: Availability;
  takesChats: boolean;
  onAvailable(): void;
}

/** What an empty list of my chats says depends on my status. */
export function EmptyMine({ status, takesChats, onAvailable }: EmptyProps) {
  if (!takesChats) return <Empty icon={<Inbox />} title={texts.lists.emptySupervisor} />;
  const available = (
    <button type="button" className="button button-primary" onClick={onAvailable} data-testid="go-available">
      {texts.lists.goAvailable}
    </button>
  );
  if (status === "available") {
    return (
      <Empty icon={<Inbox />} title={texts.lists.emptyAvailableTitle}>
        <p>{texts.lists.emptyAvailable}</p>
      </Empty>
    );
  }
  const onBreak = status === "break";
  return (
    <Empty
      icon={onBreak ? <Coffee /> : <MoonStar />}
      title={onBreak ? texts.lists.emptyBreakTitle : texts.lists.emptyOfflineTitle}
    >
      <p>{onBreak ? texts.lists.emptyBreak : texts.lists.emptyOffline}</p>
      {available}
    </Empty>
  );
}
