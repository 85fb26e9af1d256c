import { MessageSquare, MessageSquareOff } from "lucide-react";
import { type RefObject, useState } from "react";
import { Problem } from "../api/client";
import { api } from "../api/endpoints";
import type { ChatView, Message } from "../api/types";
import { useChat } from "../live/chats";
import { useCommands } from "../live/commands";
import { useNow } from "../live/hooks";
import { useLive } from "../live/live";
import { navigate } from "../live/route";
import { useMarkRead, useThread } from "../live/thread";
import { supervises } from "../state/people";
import { texts } from "../texts";
import { ProblemBar } from "../views/Banner";
import { Empty, Failure, Skeleton } from "../views/basics";
import { ActionsMenu, type ActionsProps, allowed, QuickActions } from "../views/ChatActions";
import { ChatHeader } from "../views/ChatHeader";
import { ChatStrip } from "../views/ChatStrip";
import { MessageList } from "../views/MessageList";
import { RequeueDialog } from "../views/RequeueDialog";
import { ChatFoot } from "./ChatFoot";
import { Dispose } from "./Dispose";
import { Transfer } from "./Transfer";

interface Props {
  chatId: string;
  field: RefObject<HTMLTextAreaElement | null>;
  panelOpen: boolean;
  onPanel(): void;
  onWhy(): void;
  /** The chat has left my desk; `text` says how. */
  onLeft(chatId: string, text: string): void;
  onFlash(text: string): void;
}

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

type Opened = "dispose" | "transfer" | "requeue";

/** What I am in this chat. */
function useRights(chat: ChatView) {
  const { user } = useLive();
  return {
    owner: chat.owner?.id === user.id,
    member: chat.members.some((member) => member.id === user.id),
    supervisor: supervises(user.role),
  };
}

function useActions({ chat, onLeft, onFlash, onWhy }: Props & { chat: ChatView }, open: (dialog: Opened) => void) {
  const rights = useRights(chat);
  const { run, busy, problem, clear } = useCommands(chat.id);
  const { failed } = texts;
  const name = chat.customer.name;
  const props: ActionsProps = {
    chat,
    rights,
    busy: busy !== undefined,
    onTransfer: () => open("transfer"),
    onRequeue: () => open("requeue"),
    onDisposition: () => open("dispose"),
    onHold: (seconds) => void run("hold", failed.hold, () => api.hold(chat.id, seconds)),
    onResume: () => void run("resume", failed.resume, () => api.resume(chat.id)),
    onJoin: () => void run("join", failed.join, () => api.join(chat.id)),
    onLeave: () => void run("leave", failed.leave, () => api.leave(chat.id)),
    onTake: () =>
      void run("take", failed.take, () => api.take(chat.id)).then((next) => next && onFlash(texts.taken(name))),
    onNextStep: () =>
      void run("next-step", failed.nextStep, () => api.nextStep(chat.id)).then(
        (next) => next && onFlash(texts.board.stepDone(name)),
      ),
    onWhy,
  };
  const requeue = async (note: string) => {
    const next = await run("requeue", failed.requeue, () => api.requeue(chat.id, note));
    if (!next) return false;
    if (rights.owner) onLeft(chat.id, texts.requeue.done(name));
    else onFlash(texts.requeue.done(name));
    return true;
  };
  return { props, rights, busy, problem, clear, requeue };
}

function OpenChat(props: Props & { chat: ChatView }) {
  const { chat, field, panelOpen, onPanel, onLeft, onFlash } = props;
  const thread = useThread(chat.id);
  const [atEnd, setAtEnd] = useState(true);
  const [dialog, setDialog] = useState<Opened>();
  const open = (next: Opened) => {
    actions.clear();
    setDialog(next);
  };
  const actions = useActions(props, open);
  const { rights } = actions;
  const mine = rights.owner && chat.phase !== "closed";
  const close = () => setDialog(undefined);
  useMarkRead(chat, thread.data, atEnd);

  return (
    <main className="chat-pane" data-testid="chat" data-chat-id={chat.id} data-phase={chat.phase}>
      <ChatHeader
        chat={chat}
        mayDispose={mine || (rights.supervisor && chat.phase !== "queued" && chat.phase !== "closed")}
        panelOpen={panelOpen}
        quick={<QuickActions {...actions.props} />}
        menu={<ActionsMenu {...actions.props} />}
        onDispose={() => open("dispose")}
        onPanel={onPanel}
        onBack={toList}
      />
      <ChatStrip chat={chat} me={useLive().user.id} onDisposition={mine ? () => open("dispose") : undefined} />
      {actions.problem && dialog !== "requeue" && (
        <ProblemBar title={actions.problem.title} detail={actions.problem.detail} onClose={actions.clear} />
      )}
      <Log chat={chat} thread={thread} mine={mine} onAtEnd={setAtEnd} />
      <ChatFoot chat={chat} mine={mine} joined={rights.member} field={field} onSend={thread.send} />
      <Dispose
        chat={chat}
        thread={thread.data}
        open={dialog === "dispose"}
        onClose={close}
        onDisposed={onLeft}
        onSaved={onFlash}
      />
      {allowed(actions.props).transfer && (
        <Transfer
          chat={chat}
          open={dialog === "transfer"}
          onClose={close}
          onDone={(text, gone) => (gone && rights.owner ? onLeft(chat.id, text) : onFlash(text))}
        />
      )}
      <RequeueDialog
        chat={chat}
        open={dialog === "requeue"}
        busy={actions.busy !== undefined}
        problem={actions.problem}
        onClose={close}
        onRequeue={(note) => void actions.requeue(note).then((done) => done && close())}
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
  const now = useNow(60_000);
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
