import { Inbox } from "lucide-react";
import { useCallback } from "react";
import { Problem } from "../api/client";
import type { ChatView, Role } from "../api/types";
import { useChats, useSummary } from "../live/chats";
import { useAttention, useNow } from "../live/hooks";
import { useLive } from "../live/live";
import { navigate, pathOf, useRoute } from "../live/route";
import { drafts } from "../live/storage";
import { byQueueTime } from "../state/chats";
import { texts } from "../texts";
import { Empty, Failure, Skeleton } from "../views/basics";
import { EmptyMine, ListTabs, MineList } from "../views/ChatLists";
import { ChatRow } from "../views/ChatRow";

type Chats = ReturnType<typeof useChats>;

const supervises = (role: Role) => role === "supervisor" || role === "admin" || role === "super_admin";
const takesChats = (role: Role) => role === "agent" || role === "supervisor";

/** The column of chats. */
export function ListPane({ mine, onAvailable }: { mine: Chats; onAvailable(): void }) {
  const { user } = useLive();
  const route = useRoute();
  const view = supervises(user.role) ? route.view : "mine";
  const other = useChats(view, view !== "mine");
  const summary = useSummary();
  const row = useRow(view !== "mine");
  const chats = view === "mine" ? mine : other;
  const items = chats.data?.items;
  return (
    <nav className="list-pane" aria-label={texts.lists.label}>
      {supervises(user.role) ? (
        <ListTabs view={view} waiting={summary.data?.waiting} onView={(next) => navigate({ view: next })} />
      ) : (
        <h1 className="list-title">
          {texts.lists.mineTitle}
          {items && (
            <span className="tabular muted">
              {items.length}/{user.max_chats}
            </span>
          )}
        </h1>
      )}
      <div className="list-scroll">
        {chats.isError && (
          <Failure
            title={texts.lists.failed}
            detail={chats.error instanceof Problem ? chats.error.message : undefined}
            onRetry={() => void chats.refetch()}
          />
        )}
        {!items && !chats.isError && <Skeleton rows={5} kind="row" label={texts.lists.loading} />}
        {items && view === "mine" && items.length === 0 && (
          <EmptyMine status={user.status} takesChats={takesChats(user.role)} onAvailable={onAvailable} />
        )}
        {items && view === "mine" && <MineList items={items} row={row} />}
        {items && view !== "mine" && (
          <ManyChats
            chats={chats}
            items={items}
            empty={view === "waiting" ? texts.lists.emptyWaiting : texts.lists.emptyAll}
            row={row}
          />
        )}
      </div>
    </nav>
  );
}

interface ManyProps {
  chats: Chats;
  items: readonly ChatView[];
  empty: string;
  row(chat: ChatView): React.ReactNode;
}

function ManyChats({ chats, items, empty, row }: ManyProps) {
  if (items.length === 0) return <Empty icon={<Inbox />} title={empty} />;
  return (
    <section className="chat-group">
      <ul>{byQueueTime(items).map(row)}</ul>
      {chats.data?.next && (
        <button
          type="button"
          className="button button-wide"
          disabled={chats.loadingMore}
          onClick={() => void chats.loadMore().catch(() => chats.refetch())}
        >
          {texts.lists.more}
        </button>
      )}
    </section>
  );
}

function useRow(showOwner: boolean) {
  const { user, dismiss } = useLive();
  const route = useRoute();
  const attention = useAttention();
  const now = useNow();
  const open = useCallback(
    (id: string) => {
      dismiss(id);
      navigate({ chatId: id });
    },
    [dismiss],
  );
  return (chat: ChatView) => {
    const selected = chat.id === route.chatId;
    return (
      <ChatRow
        key={chat.id}
        chat={chat}
        selected={selected}
        inView={selected && attention}
        now={now}
        showOwner={showOwner}
        draft={!selected && drafts.get(user.id, chat.id) !== ""}
        href={pathOf({ chatId: chat.id, view: route.view })}
        onOpen={open}
      />
    );
  };
}
