import { MessageSquare, MessageSquareOff } from "lucide-react";
import { type RefObject, useCallback, useEffect, useState } from "react";
import { Problem } from "../api/client";
import type { ChatView, Message, Role } from "../api/types";
import { useCannedReplies, useChat } from "../live/chats";
import { useNow } from "../live/hooks";
import { useLive } from "../live/live";
import { navigate } from "../live/route";
import { drafts } from "../live/storage";
import { useMarkRead, useThread } from "../live/thread";
import { texts } from "../texts";
import { Empty, Failure, Skeleton } from "../views/basics";
import { ChatHeader } from "../views/ChatHeader";
import { Composer } from "../views/Composer";
import { MessageList } from "../views/MessageList";
import { Dispose } from "./Dispose";

interface Props {
  chatId: string;
  field: RefObject<HTMLTextAreaElement | null>;
  panelOpen: boolean;
  onPanel(): void;
  onDisposed(chatId: string, text: string): void;
}

const supervises = (role: Role) => role === "supervisor" || role === "admin" || role === "super_admin";
const toList = () => navigate({ chatId: undefined });

export function NoChat({ some }: { some: boolean }) {
  return (
    <main className="chat-pane chat-none">
      <Empty icon={<MessageSquare />} title={texts.chat.pickTitle}>
        <p>{some ? texts.chat.pick : texts.chat.pickEmpty}</p>
      </Empty>
    </main>
  );
}

/** The chat in the middle. */
export function ChatPane(props: Props) {
  const chat = useChat(props.chatId);
  if (chat.data) return <OpenChat {...props} chat={chat.data} />;
  if (chat.error instanceof Problem && !chat.error.temporary) {
    return (
      <main className="chat-pane chat-none">
        <Empty icon={<MessageSquareOff />} title={texts.chat.notFoundTitle}>
          <p>{chat.error.status === 404 ? texts.chat.notFound : chat.error.message}</p>
          <button type="button" className="button" onClick={toList}>
            {texts.chat.toList}
          </button>
        </Empty>
      </main>
    );
  }
  return (
    <main className="chat-pane">
      {chat.isError ? (
        <Failure
          title={texts.chat.failed}
          detail={chat.error instanceof Problem ? chat.error.message : undefined}
          onRetry={() => void chat.refetch()}
        />
      ) : (
        <Skeleton rows={5} kind="bubble" label={texts.chat.loading} />
      )}
    </main>
  );
}

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

function OpenChat({ chat, field, panelOpen, onPanel, onDisposed }: Props & { chat: ChatView }) {
  const { user } = useLive();
  const thread = useThread(chat.id);
  const [atEnd, setAtEnd] = useState(true);
  const [disposing, setDisposing] = useState(false);
  const mine = chat.owner?.id === user.id && chat.phase !== "closed";
  useMarkRead(chat, thread.data, atEnd);

  return (
    <main className="chat-pane" data-testid="chat" data-chat-id={chat.id} data-phase={chat.phase}>
      <ChatHeader
        chat={chat}
        mayDispose={mine || (supervises(user.role) && chat.phase !== "queued" && chat.phase !== "closed")}
        panelOpen={panelOpen}
        onDispose={() => setDisposing(true)}
        onPanel={onPanel}
        onBack={toList}
      />
      <Log chat={chat} thread={thread} mine={mine} onAtEnd={setAtEnd} />
      <Foot chat={chat} mine={mine} field={field} onSend={thread.send} />
      <Dispose
        chat={chat}
        thread={thread.data}
        open={disposing}
        onClose={() => setDisposing(false)}
        onDisposed={onDisposed}
      />
    </main>
  );
}

interface LogProps {
  chat: ChatView;
  thread: ReturnType<typeof useThread>;
  mine: boolean;
  onAtEnd(atEnd: boolean): void;
}

function Log({ chat, thread, mine, onAtEnd }: LogProps) {
  const now = useNow();
  const [unreadAfter] = useState(() => (chat.unread > 0 ? chat.read_seq : undefined));
  const [resent, setResent] = useState<ReadonlySet<string>>(new Set());
  const { send } = thread;
  const resend = (message: Message) => {
    setResent((known) => new Set(known).add(message.id));
    send(message.text, false);
  };
  if (!thread.data) {
    return (
      <div className="log-frame">
        {thread.isError ? (
          <Failure
            title={texts.chat.failed}
            detail={thread.error instanceof Problem ? thread.error.message : undefined}
            onRetry={() => void thread.refetch()}
          />
        ) : (
          <Skeleton rows={5} kind="bubble" label={texts.chat.loading} />
        )}
      </div>
    );
  }
  return (
    <MessageList
      thread={thread.data}
      customerName={chat.customer.name}
      unreadAfter={unreadAfter}
      now={now}
      olderState={thread.olderState}
      resent={resent}
      onOlder={() => void thread.loadOlder()}
      onAtEnd={onAtEnd}
      onRetry={thread.retry}
      onDiscard={thread.discard}
      onResend={mine && chat.phase === "active" ? resend : undefined}
    />
  );
}

function hintOf(chat: ChatView, mine: boolean): string | undefined {
  if (chat.phase === "closed") return texts.chat.closedComposer;
  if (chat.phase === "queued") return texts.chat.inQueue;
  if (!mine) return texts.chat.ownedBy(chat.owner?.name ?? texts.panel.nobody);
  if (chat.phase === "customer_left") return texts.chat.leftComposer(chat.customer.name);
  return undefined;
}

interface FootProps {
  chat: ChatView;
  mine: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
  onSend(text: string, note: boolean): void;
}

function Foot({ chat, mine, field, onSend }: FootProps) {
  const { user } = useLive();
  const canned = useCannedReplies();
  const mayReply = mine && chat.phase === "active";
  const { text, isNote, wantsNote, setText, setWantsNote } = useDraft(user.id, chat.id, mayReply);
  const hint = hintOf(chat, mine);
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
