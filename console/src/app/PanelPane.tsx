import { useState } from "react";
import type { ChatView } from "../api/types";
import { useChat, useCustomerChats, useTranscript } from "../live/chats";
import { useNow } from "../live/hooks";
import { useLive } from "../live/live";
import { CustomerPanel, HistoryList, type PanelTab, Transcript } from "../views/CustomerPanel";

/** The panel beside the chat: the customer and the earlier chats. */
export function PanelPane({ chatId, onClose }: { chatId: string; onClose(): void }) {
  const chat = useChat(chatId);
  const { user } = useLive();
  const now = useNow();
  const [tab, setTab] = useState<PanelTab>("customer");
  if (!chat.data) return null;
  return (
    <CustomerPanel
      chat={chat.data}
      me={user.id}
      now={now}
      tab={tab}
      history={<History chat={chat.data} now={now} />}
      onTab={setTab}
      onClose={onClose}
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
