import { type RefObject, useCallback, useEffect, useState } from "react";
import type { ChatView } from "../api/types";
import { useCannedReplies } from "../live/chats";
import { useLive } from "../live/live";
import { drafts } from "../live/storage";
import { texts } from "../texts";
import { Composer } from "../views/Composer";

/** Two texts are kept per chat, the reply and the note, so that a note can't leave as a reply. */
function useDraft(user: string, chatId: string, mayReply: boolean) {
  const noteKey = `${chatId}.note`;
  const [reply, setReply] = useState(() => drafts.get(user, chatId));
  const [note, setNote] = useState(() => drafts.get(user, noteKey));
  const [wantsNote, setWantsNote] = useState(false);
  const isNote = wantsNote || !mayReply;
  const setText = useCallback(
    (text: string) => {
      (isNote ? setNote : setReply)(text);
      drafts.set(user, isNote ? noteKey : chatId, text);
    },
    [user, chatId, noteKey, isNote],
  );
  return { text: isNote ? note : reply, isNote, wantsNote, setText, setWantsNote };
}

function hintOf(chat: ChatView, mine: boolean, joined: boolean): string | undefined {
  if (chat.phase === "closed") return texts.chat.closedComposer;
  if (chat.phase === "queued") return texts.chat.inQueue;
  const owner = chat.owner?.name ?? texts.panel.nobody;
  if (!mine) return joined ? texts.chat.joinedHint(owner) : texts.chat.ownedBy(owner);
  if (chat.phase === "customer_left") return texts.chat.leftComposer(chat.customer.name);
  return undefined;
}

interface Props {
  chat: ChatView;
  mine: boolean;
  joined: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
  onSend(text: string, note: boolean): void;
}

/** Where the owner, and whoever has joined, writes; why nobody can, when nobody can. */
export function ChatFoot({ chat, mine, joined, field, onSend }: Props) {
  const { user } = useLive();
  const canned = useCannedReplies();
  const mayReply = (mine || joined) && chat.phase === "active";
  const { text, isNote, wantsNote, setText, setWantsNote } = useDraft(user.id, chat.id, mayReply);
  const hint = hintOf(chat, mine, joined);
  // Where no reply can leave, the note's box comes when it is asked for or has been begun.
  const closed = chat.phase === "closed";
  const writing = !closed && (mayReply || wantsNote || text !== "");

  // biome-ignore lint/correctness/useExhaustiveDependencies: the field appears with writing
  useEffect(() => {
    // On a touch screen focus would throw the keyboard over the chat.
    if (window.matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
  }, [field, writing]);

  return (
    <footer className="chat-foot">
      {hint && (
        <p className="foot-hint" data-phase={chat.phase}>
          {hint}
          {!closed && !writing && (
            <button type="button" className="link-button" onClick={() => setWantsNote(true)} data-testid="add-note">
              {texts.composer.openNote}
            </button>
          )}
        </p>
      )}
      {writing && (
        <Composer
          text={text}
          note={isNote}
          mayReply={mayReply}
          customerName={chat.customer.name}
          channel={chat.channel.type}
          canned={canned.data ?? []}
          field={field}
          onText={setText}
          onNote={(note) => {
            setWantsNote(note);
            field.current?.focus();
          }}
          onSend={() => {
            onSend(text, isNote);
            setText("");
          }}
        />
      )}
    </footer>
  );
}
