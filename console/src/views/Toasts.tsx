import { X } from "lucide-react";
import { useEffect, useState } from "react";
import type { Toast } from "../state/notify";
import { texts } from "../texts";
import { ChannelBadge, Mark } from "./basics";

interface Props {
  toasts: readonly Toast[];
  /** Whether this tab can be seen at all. */
  visible: boolean;
  onOpen(chatId: string): void;
  onDismiss(chatId: string): void;
}

// Long enough to read and reach; the list keeps what a pop-up told.
const SHOWN_MS = 10_000;

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
        <PopUp key={toast.chatId} toast={toast} stay={held || !visible} onOpen={onOpen} onDismiss={onDismiss} />
      ))}
    </section>
  );
}

interface PopUpProps {
  toast: Toast;
  /** Somebody reads it, or nobody can see it yet. */
  stay: boolean;
  onOpen(chatId: string): void;
  onDismiss(chatId: string): void;
}

function PopUp({ toast, stay, onOpen, onDismiss }: PopUpProps) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new message starts the time again
  useEffect(() => {
    if (stay) return;
    const timer = setTimeout(() => onDismiss(toast.chatId), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast.chatId, toast.at, stay, onDismiss]);
  const isNew = toast.kind === "chat";
  return (
    <div className="toast" data-testid="toast" data-chat-id={toast.chatId} data-kind={toast.kind}>
      <button type="button" className="toast-open" onClick={() => onOpen(toast.chatId)}>
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
      </button>
      <button
        type="button"
        className="icon-button icon-small"
        aria-label={texts.toast.dismiss}
        onClick={() => onDismiss(toast.chatId)}
      >
        <X size={16} />
      </button>
    </div>
  );
}
