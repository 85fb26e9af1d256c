import { useCallback, useEffect, useRef, useState } from "react";
import { useChats } from "../live/chats";
import { useVisible } from "../live/hooks";
import { useLive } from "../live/live";
import { navigate, useRoute } from "../live/route";
import { useSetStatus } from "../live/status";
import { inOrder, neighbour, ownedBy, unreadOf } from "../state/chats";
import { supervises } from "../state/people";
import { texts } from "../texts";
import { Banner, ProblemBar } from "../views/Banner";
import { Shortcuts } from "../views/Shortcuts";
import { Toasts } from "../views/Toasts";
import { ChatsPage } from "./ChatsPage";
import { Head } from "./Head";
import { useShortcuts } from "./keys";
import { LazyPage } from "./LazyPage";
import { Offers, useOffers } from "./Offers";

const FLASH_MS = 5_000;

/** A line that says what was done and goes away by itself. */
function useFlash(): [string | undefined, (text: string) => void] {
  const [text, setText] = useState<string>();
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(() => setText(undefined), FLASH_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText];
}

/** Everything a person sees once they are signed in. */
export function Console({ onSignOut }: { onSignOut(): Promise<void> }) {
  const live = useLive();
  const { user } = live;
  const { page, chatId } = useRoute();
  const { set: setStatus, problem, clearProblem } = useSetStatus();
  const mine = useChats("mine", true);
  const chats = ownedBy(mine.data?.items ?? [], user.id);
  const [flash, setFlash] = useFlash();
  const offers = useOffers(mine.data?.items, setFlash);
  const [shortcuts, setShortcuts] = useState(false);
  const composer = useRef<HTMLTextAreaElement>(null);
  const visible = useVisible();
  const unread = unreadOf(chats) + offers.open.length;
  const beside = page !== "chats" && supervises(user.role) ? page : undefined;

  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${texts.product}` : texts.product;
  }, [unread]);
  useShortcuts({
    move: (step) => {
      const next = neighbour(inOrder(chats), chatId, step);
      if (next) navigate({ chatId: next.id, view: "mine" });
    },
    help: () => setShortcuts(true),
    accept: offers.acceptFirst,
    decline: offers.declineFirst,
    composer,
  });

  return (
    <div className="shell">
      <Head onSignOut={onSignOut} onStatus={setStatus} onShortcuts={useCallback(() => setShortcuts(true), [])} />
      <Banner state={live.state} onReconnect={live.reconnect} />
      {problem && <ProblemBar title={texts.status.failed} detail={problem} onClose={clearProblem} />}
      <Offers offers={offers} />
      {beside ? (
        <LazyPage page={beside} onFlash={setFlash} />
      ) : (
        <ChatsPage
          mine={mine}
          offers={offers}
          composer={composer}
          onAvailable={() => void setStatus({ status: "available" })}
          onFlash={setFlash}
        />
      )}
      <Toasts toasts={live.toasts} visible={visible} onOpen={live.open} onDismiss={live.dismiss} />
      <p className="flash" role="status" data-shown={flash !== undefined} data-testid="flash">
        {flash}
      </p>
      <Shortcuts open={shortcuts} onClose={() => setShortcuts(false)} />
    </div>
  );
}
