import { BellRing, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { ChatToast, NoticeToast, Toast } from "../state/notify";
import { texts } from "../texts";
import { ChannelBadge, Mark } from "./basics";

interface Props {
  toasts: readonly Toast[];
  /** Whether this tab can be seen at all. */
  visible: boolean;
  onOpen(chatId: string): void;
  onDismiss(key: string): void;
}

// Long enough to read and reach; the list keeps what a pop-up told.
const SHOWN_MS = 10_000;
// Nothing else keeps what a notice told.
const NOTICE_MS = 30_000;

/** Pop-ups of chats that aren't in view, one per chat. */
export function Toasts({ toasts, visible, onOpen, onDismiss }: Props) {
  const [held, setHeld] = useState(false);
  return (
    <section
      className="toasts"
      aria-label={texts.toast.region}
      aria-live="polite"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {toasts.map((toast) => (
        <PopUp key={toast.key} toast={toast} stay={held || !visible} onOpen={onOpen} onDismiss={onDismiss} />
      ))}
    </section>
  );
}

interface PopUpProps {
  toast: Toast;
  /** Somebody reads it, or nobody can see it yet. */
  stay: boolean;
  onOpen(chatId: string): void;
  onDismiss(key: string): void;
}

function PopUp({ toast, stay, onOpen, onDismiss }: PopUpProps) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new message starts the time again
  useEffect(() => {
    if (stay) return;
    const timer = setTimeout(() => onDismiss(toast.key), toast.kind === "notice" ? NOTICE_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast.key, toast.at, stay, onDismiss]);
  return (
    <div className="toast" data-testid="toast" data-chat-id={toast.chatId} data-kind={toast.kind}>
      <Open chatId={toast.chatId} onOpen={onOpen}>
        {toast.kind === "notice" ? <NoticeText toast={toast} /> : <ChatText toast={toast} />}
      </Open>
      <button
        type="button"
        className="icon-button icon-small"
        aria-label={texts.toast.dismiss}
        onClick={() => onDismiss(toast.key)}
      >
        <X size={16} />
      </button>
    </div>
  );
}

interface OpenProps {
  chatId: string | undefined;
  onOpen(chatId: string): void;
  children: ReactNode;
}

function Open({ chatId, onOpen, children }: OpenProps) {
  if (chatId === undefined) return <div className="toast-open">{children}</div>;
  return (
    <button type="button" className="toast-open" onClick={() => onOpen(chatId)}>
      {children}
    </button>
  );
}

function NoticeText({ toast }: { toast: NoticeToast }) {
  const named = toast.name !== undefined && !toast.text.includes(toast.name);
  return (
    <>
      <span className="toast-bell" aria-hidden="true">
        <BellRing size={18} />
      </span>
      <span className="toast-text">
        <span className="toast-title">
          <strong dir="auto">{named ? toast.name : texts.toast.notice}</strong>
        </span>
        <span className="toast-body toast-notice" dir="auto">
          {toast.text}
        </span>
      </span>
    </>
  );
}

function ChatText({ toast }: { toast: ChatToast }) {
  const isNew = toast.kind === "chat";
  return (
    <>
      <Mark id={toast.customerId} initial={toast.initial} />
      <span className="toast-text">
        <span className="toast-title">
          <strong dir="auto">{toast.name}</strong>
          <ChannelBadge type={toast.channel} />
        </span>
        {isNew && <span className="toast-kind">{texts.toast.newChat(texts.channels[toast.channel])}</span>}
        {!isNew && toast.count > 1 && <span className="toast-kind">{texts.toast.more(toast.count)}</span>}
        <span className="toast-body" dir="auto">
          {toast.text}
        </span>
      </span>
    </>
  );
}
