// The widget's state and how events change it. Pure: no clock, no network, no page.

import type { Receipt, Session, WireChat, WireMessage } from './types';

export type Connection = 'idle' | 'connecting' | 'online' | 'offline' | 'gone';

export interface Item {
  key: string; // the client id of our own messages, else the server's id
  id: string; // empty until the server has it
  chat: string;
  seq: number; // 0 until the server has it
  side: 'customer' | 'agent' | 'system';
  text: string;
  author: string;
  files: { name: string; url: string }[];
  at: string;
  status: 'sending' | 'sent' | 'failed';
  problem: string; // why it failed, in the server's words
}

// Where a waiting chat stands in line.
export interface Place {
  position: number; // 1 is next
  seconds: number | null; // the estimated wait; null when nobody can tell
}

export interface State {
  items: Item[];
  chat: WireChat | null;
  place: Place | null; // known only while the chat waits
  endedByMe: boolean;
  open: boolean;
  connection: Connection;
  lastSeen: string; // created_at of the newest agent message the visitor has seen
}

export const empty: State = {
  items: [], chat: null, place: null, endedByMe: false, open: false, connection: 'idle', lastSeen: '',
};

function itemOf(message: WireMessage): Item {
  return {
    key: message.side === 'customer' && message.client_id ? message.client_id : message.id,
    id: message.id,
    chat: message.chat_id,
    seq: message.seq,
    side: message.side,
    text: message.text,
    author: message.author?.name ?? '',
    files: (message.attachments ?? []).map((file) => ({ name: file.name || 'File', url: file.url ?? '' })),
    at: message.created_at,
    status: 'sent',
    problem: '',
  };
}

// Within a chat the server's numbers decide; chats follow each other by time; what the server has not yet comes last.
function order(a: Item, b: Item): number {
  if (!a.seq !== !b.seq) return a.seq ? -1 : 1;
  if (a.chat === b.chat && a.seq !== b.seq) return a.seq - b.seq;
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
}

// Adds or replaces messages. A repeat changes nothing; our own optimistic bubble becomes the stored message.
export function withMessages(state: State, messages: WireMessage[]): State {
  const byKey = new Map(state.items.map((item) => [item.key, item]));
  for (const message of messages) {
    if (message.kind === 'note' || message.kind === 'event') continue; // between colleagues
    const item = itemOf(message);
    byKey.set(item.key, item);
  }
  return { ...state, items: [...byKey.values()].sort(order) };
}

// The chat goes on: somebody has it or will.
export function live(state: State): boolean {
  return state.chat?.phase === 'queued' || state.chat?.phase === 'active';
}

// Only a customer's leaving makes the phase customer_left; a closed chat is the customer's doing if they left before.
export function withChat(state: State, chat: WireChat | null): State {
  const same = chat !== null && chat.id === state.chat?.id;
  const next = { ...state, chat, place: same && chat.phase === 'queued' ? state.place : null };
  return { ...next, endedByMe: !live(next) && (chat?.phase === 'customer_left' || (same && state.endedByMe)) };
}

// A word about another chat, or one that comes after the wait is over, is late.
export function withPlace(state: State, chat: string | undefined, place: Place): State {
  return state.chat?.id === chat && state.chat?.phase === 'queued' ? { ...state, place } : state;
}

export function withSession(state: State, session: Session): State {
  return withChat(withMessages(state, session.messages ?? []), session.chat);
}

export function withPending(state: State, clientID: string, text: string, at: string): State {
  const item: Item = {
    key: clientID, id: '', chat: '', seq: 0, side: 'customer', text, author: '', files: [], at, status: 'sending', problem: '',
  };
  return { ...state, items: [...state.items.filter((other) => other.key !== clientID), item].sort(order) };
}

export function withStatus(state: State, clientID: string, status: Item['status'], problem = ''): State {
  return {
    ...state,
    items: state.items.map((item) => (item.key === clientID && !item.seq ? { ...item, status, problem } : item)),
  };
}

// The server has it; its number in the chat follows over the stream.
export function withReceipt(state: State, receipt: Receipt): State {
  return {
    ...state,
    items: state.items.map((item) =>
      item.key === receipt.client_id && !item.seq ? { ...item, id: receipt.id, chat: receipt.chat_id, status: 'sent', problem: '' } : item),
  };
}

// The chat is over for the visitor: until they write again, or ask for a new one (dismissed holds its id).
export function ended(state: State, dismissed: string): boolean {
  if (!state.chat || state.chat.id === dismissed) return false;
  if (state.items.some((item) => !item.seq && item.status === 'sending')) return false; // something new is on its way
  return state.chat.phase === 'customer_left' || state.chat.phase === 'closed';
}

export function unread(state: State): number {
  return state.items.filter((item) => item.side === 'agent' && item.at > state.lastSeen).length;
}

export function newestAgent(state: State): Item | undefined {
  return state.items.filter((item) => item.side === 'agent').at(-1);
}

export function seen(state: State): State {
  const newest = newestAgent(state);
  return newest && newest.at > state.lastSeen ? { ...state, lastSeen: newest.at } : state;
}

// Something a reader would see: invisible characters alone are no message.
export function visible(text: string): boolean {
  return text.replace(/[\s\u200b-\u200f\u2060\ufeff\u00ad]/g, '') !== '';
}

export const maxCharacters = 1600;

export function excess(text: string): number {
  return Math.max(0, [...text].length - maxCharacters);
}
