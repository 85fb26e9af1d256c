// Holds the state together with the server, the storage and the view.

import { Api, Refusal } from './api';
import * as S from './state';
import { Storage } from './storage';
import { Stream } from './stream';
import type { Frame, Session } from './types';
import { type Actions, View } from './view';

const retryPauses = [1_000, 3_000, 8_000];

export class Controller implements Actions {
  private state: S.State = S.empty;
  private readonly view: View;
  private readonly storage: Storage;
  private readonly api: Api;
  private stream: Stream | null = null;
  private token = '';
  private opening: Promise<void> | null = null;
  private queue: Promise<void> = Promise.resolve();
  private acknowledged = new Set<string>();
  private reopenTimer: ReturnType<typeof setTimeout> | undefined;
  private reopenPause = 1_000;

  constructor(host: HTMLElement, base: string, key: string) {
    this.api = new Api(base, key);
    this.storage = new Storage(key);
    this.view = new View(host, this);
    const kept = this.storage.read();
    this.view.customise({ ...(kept.color ? { color: kept.color } : {}), ...(kept.title ? { title: kept.title } : {}) });
    this.view.setDraft(kept.draft ?? '');
    this.set({ ...this.state, lastSeen: kept.lastSeen ?? '' });
    // A visitor who has talked to us before hears of answers at once; others cost nothing until they open the chat.
    if (kept.token) {
      this.start();
      for (const pending of kept.pending ?? []) this.dispatch(pending.client_id, pending.text, pending.at);
    }
    if (kept.token && kept.open) this.open();
    addEventListener('focus', () => this.acknowledge());
    addEventListener('storage', () => this.adopt());
  }

  open(): void {
    this.set({ ...this.state, open: true });
    this.storage.write({ open: true });
    this.look();
    this.start();
  }

  close(): void {
    this.set({ ...this.state, open: false });
    this.storage.write({ open: false });
  }

  send(text: string, name: string): void {
    this.storage.write({ draft: '' });
    const at = new Date().toISOString();
    const clientID = newID();
    this.storage.pend({ client_id: clientID, text, at });
    this.dispatch(clientID, text, at, name);
  }

  retry(clientID: string): void {
    const item = this.state.items.find((other) => other.key === clientID);
    if (item) this.dispatch(clientID, item.text, item.at);
  }

  async end(): Promise<void> {
    await this.api.end(this.token);
    this.storage.write({ dismissed: '' });
    this.set({ ...this.state, chat: this.state.chat && { ...this.state.chat, phase: 'customer_left' }, endedByMe: true });
  }

  startNew(): void {
    this.storage.write({ dismissed: this.state.chat?.id ?? '' });
    this.set(this.state);
  }

  draft(text: string): void {
    this.storage.write({ draft: text });
  }

  private set(state: S.State): void {
    this.state = state;
    let dismissed = this.storage.read().dismissed ?? '';
    if (dismissed && S.live(state) && state.chat?.id === dismissed) {
      dismissed = ''; // the chat goes on, and may end once more
      this.storage.write({ dismissed });
    }
    this.view.render(state, dismissed);
  }

  // Begins without waiting; a failure shows in the connection's state and is tried again from there.
  private start(): void {
    this.begin().catch(() => undefined);
  }

  // Opens the session once; every caller waits for the same one. A name is told to a session that exists already.
  private async begin(name?: string): Promise<void> {
    if (this.opening) await this.opening;
    if (this.token && !name) return;
    await this.reopen(name);
  }

  private reopen(name?: string): Promise<void> {
    this.opening ??= this.openSession(name).finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  private async openSession(name?: string): Promise<void> {
    if (this.state.connection === 'idle') this.set({ ...this.state, connection: 'connecting' });
    try {
      await exclusively(this.storage, async () => this.take(await this.session(name)));
      this.reopenPause = 1_000;
      this.stream ??= new Stream((cursor) => this.api.streamURL(this.token, cursor), {
        online: () => this.online(),
        offline: () => this.set({ ...this.state, connection: 'offline' }),
        event: (frame) => this.event(frame),
        refetch: () => this.refetch(),
      });
    } catch (error) {
      const passing = !(error instanceof Refusal) || error.passing;
      this.set({ ...this.state, connection: passing ? 'offline' : 'gone' });
      if (passing) {
        clearTimeout(this.reopenTimer);
        this.reopenTimer = setTimeout(() => this.start(), this.reopenPause);
        this.reopenPause = Math.min(this.reopenPause * 2, 30_000);
      }
      throw error;
    }
  }

  private session(name?: string): Promise<Session> {
    return this.api.session(this.token || this.storage.read().token, name);
  }

  private forget(): void {
    this.token = '';
    this.storage.write({ token: '', visitor: '', lastSeen: '', dismissed: '' });
    this.stream?.stop();
    this.stream = null;
    this.set({ ...S.empty, open: this.state.open, items: this.state.items.filter((item) => !item.seq) });
  }

  private take(session: Session): void {
    // A token that is no longer good is answered with a new visitor, who has no history here.
    const kept = this.storage.read().visitor;
    if (kept && kept !== session.visitor_id) this.forget();
    this.token = session.token;
    const { color, title } = session.settings ?? {};
    this.storage.write({ token: session.token, visitor: session.visitor_id, ...(color ? { color } : {}), ...(title ? { title } : {}) });
    this.view.customise(session.settings ?? {});
    const next = S.withSession(this.state, session);
    // Messages that a previous page stored without hearing of it need not be sent again.
    for (const item of next.items) if (item.seq) this.storage.settle(item.key);
    this.set(next);
    this.look();
  }

  // Reads everything anew. What is shown stays when that fails.
  private refetch(): void {
    this.reopen().catch(() => undefined);
  }

  private online(): void {
    this.set({ ...this.state, connection: 'online' });
    for (const item of this.state.items) {
      if (item.status === 'failed' && !item.problem) this.dispatch(item.key, item.text, item.at);
    }
  }

  private event(frame: Frame): void {
    const { message, chat, position, estimated_seconds: seconds } = frame.data ?? {};
    let next = this.state;
    if (frame.type === 'waiting.position' && position) next = S.withPlace(next, frame.chat_id, { position, seconds: seconds ?? null });
    if (message) next = S.withMessages(next, [message]);
    // A late word about an earlier chat must not replace the one that goes on.
    if (chat && (!next.chat || chat.id >= next.chat.id)) next = S.withChat(next, chat);
    this.set(next);
    this.look();
  }

  // Notes what has been seen, and tells the agent that it has arrived.
  private look(): void {
    if (this.state.open && document.visibilityState === 'visible') {
      const next = S.seen(this.state);
      if (next !== this.state) {
        this.storage.write({ lastSeen: next.lastSeen });
        this.set(next);
      }
    }
    this.acknowledge();
  }

  private acknowledge(): void {
    const newest = S.newestAgent(this.state);
    if (!this.token || !newest || newest.chat !== this.state.chat?.id || this.acknowledged.has(newest.id)) return;
    this.acknowledged.add(newest.id);
    this.api.read(this.token, newest.seq).catch((error: unknown) => {
      // Said again with the next message, or when the page comes to the front.
      if (!(error instanceof Refusal) || error.passing) this.acknowledged.delete(newest.id);
    });
  }

  private adopt(): void {
    const kept = this.storage.read();
    if (kept.lastSeen && kept.lastSeen > this.state.lastSeen) this.set({ ...this.state, lastSeen: kept.lastSeen });
    if (kept.token && !this.token) this.start();
  }

  // Messages go out one after the other, so that they arrive in the order in which they were written.
  private dispatch(clientID: string, text: string, at: string, name = ''): void {
    this.set(S.withPending(this.state, clientID, text, at));
    this.queue = this.queue.then(() => this.deliver(clientID, text, name));
  }

  private async deliver(clientID: string, text: string, name: string): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.begin(attempt === 0 && name ? name : undefined);
        const receipt = await this.api.send(this.token, clientID, text);
        this.storage.settle(clientID);
        this.set(S.withReceipt(this.state, { ...receipt, client_id: clientID }));
        // The first message opens a chat, and one after the end opens the next or goes on with the last.
        if (!S.live(this.state) || this.state.chat?.id !== receipt.chat_id) this.refetch();
        return;
      } catch (error) {
        const refusal = error instanceof Refusal ? error : new Refusal(0, '', '');
        if (refusal.status === 401 && attempt === 0) {
          this.forget();
          continue;
        }
        const pause = retryPauses[attempt];
        if (refusal.passing && pause !== undefined) {
          await new Promise((resolve) => setTimeout(resolve, pause));
          continue;
        }
        if (!refusal.passing) this.storage.settle(clientID);
        this.set(S.withStatus(this.state, clientID, 'failed', refusal.passing ? '' : refusal.message));
        return;
      }
    }
  }
}

// Two tabs opening the chat at once must become one visitor.
async function exclusively(storage: Storage, work: () => Promise<void>): Promise<void> {
  if (storage.read().token || !navigator.locks) return work();
  return navigator.locks.request('tandem-widget-session', work);
}

function newID(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
