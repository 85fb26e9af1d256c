import { ArrowLeft, PanelRight } from "lucide-react";
import type { ReactNode } from "react";
import type { ChatView } from "../api/types";
import { texts } from "../texts";
import { ChannelBadge, Mark } from "./basics";

interface Props {
  chat: ChatView;
  mayDispose: boolean;
  panelOpen: boolean;
  quick: ReactNode;
  menu: ReactNode;
  onDispose(): void;
  onPanel(): void;
  onBack(): void;
}

/** Who this chat is with, what can be done with it, and DISPOSE: grey while it lives, blue once the customer has left. */
export function ChatHeader({ chat, mayDispose, panelOpen, quick, menu, onDispose, onPanel, onBack }: Props) {
  const ready = chat.phase === "customer_left";
  return (
    <header className="chat-header">
      <button type="button" className="icon-button back" onClick={onBack} aria-label={texts.chat.toList}>
        <ArrowLeft size={20} />
      </button>
      <Mark id={chat.customer.id} initial={chat.customer.initial} />
      <div className="chat-header-who">
        <h1 dir="auto">{chat.customer.name}</h1>
        <p>
          <ChannelBadge type={chat.channel.type} />
          <span className="ellipsis">
            {chat.queue?.name}
            {chat.customer.address && chat.customer.address !== chat.customer.name && chat.channel.type !== "webchat"
              ? ` · ${chat.customer.address}`
              : ""}
          </span>
        </p>
      </div>
      {quick}
      {mayDispose && (
        <button
          type="button"
          className="dispose"
          data-testid="dispose"
          data-ready={ready}
          title={ready ? texts.dispose.readyTitle : texts.dispose.earlyTitle}
          onClick={onDispose}
        >
          {texts.dispose.button}
        </button>
      )}
      {menu}
      <button
        type="button"
        className="icon-button"
        aria-pressed={panelOpen}
        aria-label={panelOpen ? texts.chat.hideDetails : texts.chat.details}
        title={panelOpen ? texts.chat.hideDetails : texts.chat.details}
        onClick={onPanel}
        data-testid="details"
      >
        <PanelRight size={20} />
      </button>
    </header>
  );
}
