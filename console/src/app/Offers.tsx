import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import { api } from "../api/endpoints";
import type { ChatView } from "../api/types";
import { applyEvent, keys } from "../live/cache";
import type { CommandProblem } from "../live/commands";
import { useLive } from "../live/live";
import { navigate } from "../live/route";
import { messageOf } from "../live/status";
import { offersTo } from "../state/chats";
import { serverNow } from "../state/clock";
import { texts } from "../texts";
import { ProblemBar } from "../views/Banner";
import { OfferPopUp } from "../views/Offer";
import { dialogIsOpen } from "./keys";

// An offer whose time is over stays a moment, so that its end is seen; then the server's word is awaited no longer.
const LINGER_MS = 3_000;

export interface OffersState {
  open: readonly ChatView[];
  busy: { chatId: string; answer: "accept" | "decline" } | undefined;
  problem: CommandProblem | undefined;
  accept(chat: ChatView): void;
  decline(chat: ChatView): void;
  acceptFirst(): void;
  declineFirst(): void;
  read(chat: ChatView): void;
  clear(): void;
}

/** The offers that can still be answered; the state changes by itself when one runs out. */
function useOpenOffers(items: readonly ChatView[] | undefined, me: string): readonly ChatView[] {
  const [, wake] = useState(0);
  const now = serverNow();
  const lasting = offersTo(items ?? [], me).filter(
    (chat) => Date.parse(chat.offer?.expires_at ?? "") + LINGER_MS > now,
  );
  const first = lasting[0]?.offer?.expires_at;
  useEffect(() => {
    if (!first) return;
    const timer = setTimeout(() => wake((n) => n + 1), Math.max(0, Date.parse(first) + LINGER_MS - serverNow()) + 50);
    return () => clearTimeout(timer);
  }, [first]);
  return lasting;
}

/** The chats held out to me, and answering them. */
export function useOffers(items: readonly ChatView[] | undefined, onFlash: (text: string) => void): OffersState {
  const client = useQueryClient();
  const { user } = useLive();
  const open = useOpenOffers(items, user.id);
  const [busy, setBusy] = useState<OffersState["busy"]>();
  const [problem, setProblem] = useState<CommandProblem>();

  const answer = async (chat: ChatView, what: "accept" | "decline") => {
    if (busy) return;
    setBusy({ chatId: chat.id, answer: what });
    setProblem(undefined);
    try {
      const next = await api[what](chat.id);
      applyEvent(client, { type: "chat.updated", id: 0, cursor: "", chat: next }, user.id);
      if (what === "decline") return;
      // What is being written in a dialog isn't torn away; the chat waits in the list.
      if (dialogIsOpen()) onFlash(texts.taken(chat.customer.name));
      else navigate({ chatId: chat.id, view: "mine" });
    } catch (cause) {
      const title = what === "accept" ? texts.offers.acceptFailed : texts.offers.declineFailed;
      setProblem({ title, detail: messageOf(cause) });
      // Taken, withdrawn or over: what is offered now is asked for again.
      if (cause instanceof Problem && !cause.temporary) void client.invalidateQueries({ queryKey: keys.lists });
    } finally {
      setBusy(undefined);
    }
  };
  const first = open[0];
  return {
    open,
    busy,
    problem,
    accept: (chat) => void answer(chat, "accept"),
    decline: (chat) => void answer(chat, "decline"),
    acceptFirst: () => first && void answer(first, "accept"),
    declineFirst: () => first && void answer(first, "decline"),
    read: (chat) => navigate({ chatId: chat.id, view: "mine" }),
    clear: () => setProblem(undefined),
  };
}

const busyWith = (offers: OffersState, chat: ChatView) =>
  offers.busy?.chatId === chat.id ? offers.busy.answer : undefined;

/** The pop-ups of chats that are held out to me. */
export function Offers({ offers }: { offers: OffersState }) {
  const { open, problem } = offers;
  return (
    <>
      {problem && <ProblemBar title={problem.title} detail={problem.detail} onClose={offers.clear} />}
      <Announced chat={open[0]} />
      {open.length > 0 && (
        <section className="offers" aria-label={texts.offers.region}>
          {open.map((chat, index) => (
            <OfferPopUp
              key={chat.offer?.id ?? chat.id}
              chat={chat}
              busy={busyWith(offers, chat)}
              keys={index === 0}
              onAccept={offers.accept}
              onDecline={offers.decline}
              onRead={offers.read}
            />
          ))}
        </section>
      )}
    </>
  );
}

/** Says a new offer aloud for screen readers, once. */
function Announced({ chat }: { chat: ChatView | undefined }) {
  const said = useRef<string>(undefined);
  const [text, setText] = useState("");
  useEffect(() => {
    const id = chat?.offer?.id;
    if (!chat || said.current === id) return;
    said.current = id;
    setText(
      `${texts.offers.alert(texts.channels[chat.channel.type])} ${chat.customer.name}. ${texts.offers.accept}: ${texts.offers.keys.accept}`,
    );
  }, [chat]);
  return (
    <p className="visually-hidden" aria-live="assertive">
      {text}
    </p>
  );
}
