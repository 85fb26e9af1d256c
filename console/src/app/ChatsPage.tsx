import { type RefObject, useCallback, useEffect, useState } from "react";
import type { useChats } from "../live/chats";
import { useMedia, usePreference } from "../live/hooks";
import { useLive } from "../live/live";
import { navigate, useRoute } from "../live/route";
import { inOrder, ownedBy } from "../state/chats";
import type { PanelTab } from "../views/CustomerPanel";
import { ChatPane, NoChat } from "./ChatPane";
import { ListPane } from "./ListPane";
import type { OffersState } from "./Offers";
import { PanelPane } from "./PanelPane";

const WIDE = "(min-width: 1180px)";

/** Beside the chat on wide screens, over it on narrow ones. */
function usePanel() {
  const wide = useMedia(WIDE);
  const [kept, setKept] = usePreference("panel", "open");
  const [over, setOver] = useState(false);
  const open = wide ? kept === "open" : over;
  const set = (next: boolean) => (wide ? setKept(next ? "open" : "closed") : setOver(next));
  return { open, set, closeOver: useCallback(() => setOver(false), []) };
}

interface Props {
  mine: ReturnType<typeof useChats>;
  offers: OffersState;
  composer: RefObject<HTMLTextAreaElement | null>;
  onAvailable(): void;
  onFlash(text: string): void;
}

/** The list, the chat and the panel. */
export function ChatsPage({ mine, offers, composer, onAvailable, onFlash }: Props) {
  const { user } = useLive();
  const { chatId, view } = useRoute();
  const panel = usePanel();
  const [tab, setTab] = useState<PanelTab>("customer");
  const chats = ownedBy(mine.data?.items ?? [], user.id);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another chat closes the panel that covers it
  useEffect(() => panel.closeOver(), [chatId, panel.closeOver]);

  /** The chat has left my desk: the next one that needs me opens. */
  const left = (id: string, text: string) => {
    onFlash(text);
    const rest = inOrder(chats).filter((chat) => chat.id !== id);
    const next = rest.find((chat) => (chat.waiting_since && !chat.held_until) || chat.phase === "customer_left");
    navigate({ chatId: view === "mine" ? next?.id : undefined }, true);
  };
  return (
    <div className="panes-frame" data-pane={chatId ? (panel.open ? "panel" : "chat") : "list"} data-panel={panel.open}>
      <div className="panes">
        <ListPane mine={mine} offers={offers} onAvailable={onAvailable} />
        {chatId ? (
          <ChatPane
            key={chatId}
            chatId={chatId}
            field={composer}
            panelOpen={panel.open}
            onPanel={() => panel.set(!panel.open)}
            onWhy={() => {
              setTab("routing");
              panel.set(true);
            }}
            onLeft={left}
            onFlash={onFlash}
          />
        ) : (
          <NoChat some={chats.length > 0} />
        )}
        {chatId && panel.open && (
          <PanelPane
            key={`panel-${chatId}`}
            chatId={chatId}
            tab={tab}
            onTab={setTab}
            onClose={() => panel.set(false)}
          />
        )}
      </div>
    </div>
  );
}
