import { Inbox } from "lucide-react";
import { useCallback } from "react";
import { Problem } from "../api/client";
import type { ChatView } from "../api/types";
import { useChats, useSummary } from "../live/chats";
import { useAttention } from "../live/hooks";
import { useLive } from "../live/live";
import { navigate, pathOf, useRoute } from "../live/route";
import { drafts } from "../live/storage";
import { openAndClosed, ownedBy } from "../state/chats";
import { supervises, takesChats } from "../state/people";
import { texts } from "../texts";
import { Empty, Failure, Skeleton } from "../views/basics";
import { EmptyMine, ListTabs, MineList } from "../views/ChatLists";
import { ChatRow } from "../views/ChatRow";
import { OfferRow } from "../views/Offer";
import type { OffersState } from "./Offers";

type Chats = ReturnType<typeof useChats>;

interface Props {
  mine: Chats;
  offers: OffersState;
  onAvailable(): void;
}

/** The column of chats. */
export function ListPane({ mine, offers, onAvailable }: Props) {
  const { user } = useLive();
  const route = useRoute();
  const view = supervises(user.role) ? route.view : "mine";
  const other = useChats(view, view !== "mine");
  const summary = useSummary();
  const row = useRow(view !== "mine");
  const chats = view === "mine" ? mine : other;
  const own = view === "mine";
  const items = own && chats.data ? ownedBy(chats.data.items, user.id) : chats.data?.items;
  return (
    <nav className="list-pane" aria-label={texts.lists.label}>
      {supervises(user.role) ? (
        <ListTabs view={view} waiting={summary.data?.waiting} onView={(next) => navigate({ view: next })} />
      ) : (
        <h1 className="list-title">
          {texts.lists.mineTitle}
          {items && (
            <span className="tabular muted">
              {user.slots.used}/{user.slots.cap}
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
        {own && <OfferGroup offers={offers} />}
        {items && own && items.length === 0 && offers.open.length === 0 && (
          <EmptyMine status={user.status} takesChats={takesChats(user.role)} onAvailable={onAvailable} />
        )}
        {items && own && <MineList items={items} row={row} />}
        {items && !own && (
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

function OfferGroup({ offers }: { offers: OffersState }) {
  if (offers.open.length === 0) return null;
  return (
    <section className="chat-group" data-group="offered" aria-label={texts.offers.group}>
      <h2>
        {texts.offers.group} <span className="tabular">{offers.open.length}</span>
      </h2>
      <ul>
        {offers.open.map((chat) => (
          <OfferRow
            key={chat.id}
            chat={chat}
            busy={offers.busy?.chatId === chat.id ? offers.busy.answer : undefined}
            onAccept={offers.accept}
            onDecline={offers.decline}
            onRead={offers.read}
          />
        ))}
      </ul>
    </section>
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
  const { open, closed } = openAndClosed(items);
  return (
    <section className="chat-group">
      <ul>{open.map(row)}</ul>
      {closed.length > 0 && (
        <>
          <h2>{texts.lists.closed}</h2>
          <ul>{closed.map(row)}</ul>
        </>
      )}
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
  const { user, dismissChat } = useLive();
  const route = useRoute();
  const attention = useAttention();
  const open = useCallback(
    (id: string) => {
      dismissChat(id);
      navigate({ chatId: id });
    },
    [dismissChat],
  );
  return (chat: ChatView) => {
    const selected = chat.id === route.chatId;
    return (
      <ChatRow
        key={chat.id}
        chat={chat}
        selected={selected}
        inView={selected && attention}
        showOwner={showOwner}
        draft={!selected && drafts.get(user.id, chat.id) !== ""}
        href={pathOf({ chatId: chat.id, view: route.view })}
        onOpen={open}
      />
    );
  };
}
