import { useState } from "react";
import type { ChatView } from "../api/types";
import { useChat, useCustomerChats, useTranscript } from "../live/chats";
import { useNow } from "../live/hooks";
import { useLive } from "../live/live";
import { useRouting } from "../live/routing";
import { messageOf } from "../live/status";
import { CustomerPanel, HistoryList, type PanelTab, Transcript } from "../views/CustomerPanel";
import { RoutingTab } from "../views/RoutingTab";
import { StickyFact } from "./StickyFact";

interface Props {
  chatId: string;
  tab: PanelTab;
  onTab(tab: PanelTab): void;
  onClose(): void;
}

/** The panel beside the chat: the customer, the earlier chats, and why this one came here. */
export function PanelPane({ chatId, tab, onTab, onClose }: Props) {
  const chat = useChat(chatId);
  const { user } = useLive();
  const now = useNow(60_000);
  if (!chat.data) return null;
  return (
    <CustomerPanel
      chat={chat.data}
      me={user.id}
      now={now}
      tab={tab}
      sticky={<StickyFact chat={chat.data} />}
      history={<History chat={chat.data} now={now} />}
      routing={<Routing chatId={chatId} now={now} />}
      onTab={onTab}
      onClose={onClose}
    />
  );
}

function Routing({ chatId, now }: { chatId: string; now: number }) {
  const story = useRouting(chatId);
  return (
    <RoutingTab
      story={story.data}
      failed={story.isError ? messageOf(story.error) : undefined}
      now={now}
      onRetry={() => void story.refetch()}
    />
  );
}

function History({ chat, now }: { chat: ChatView; now: number }) {
  const chats = useCustomerChats(chat.customer.id);
  const [opened, setOpened] = useState<ChatView>();
  if (opened) return <Opened chat={opened} now={now} onBack={() => setOpened(undefined)} />;
  return (
    <HistoryList
      chats={chats.data?.items.filter((item) => item.id !== chat.id)}
      failed={chats.isError}
      now={now}
      onRetry={() => void chats.refetch()}
      onOpen={setOpened}
    />
  );
}

function Opened({ chat, now, onBack }: { chat: ChatView; now: number; onBack(): void }) {
  const transcript = useTranscript(chat.id);
  return (
    <Transcript
      chat={chat}
      items={transcript.data?.items}
      cut={transcript.data?.hasOlder ?? false}
      failed={transcript.isError}
      now={now}
      onRetry={() => void transcript.refetch()}
      onBack={onBack}
    />
  );
}
