// The one event stream: a WebSocket that resumes where it stopped.

import { parseFrame, type StreamEvent } from "./events";

/** connecting: the first try of this page · live · reconnecting: the connection is lost. */
export type StreamState = "connecting" | "live" | "reconnecting";

export interface StreamHandlers {
  onEvent(event: StreamEvent): void;
  onState(state: StreamState): void;
  /** The connection stands. `resumed` is false for the first one of this page. */
  onHello(resumed: boolean): void;
  /** Events were lost for good: everything shown must be fetched again. */
  onResync(): void;
  /** The server closed or refused the socket before a hello; the session may have ended. */
  onRefused(): void;
}

const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 15_000;
// The server pings every 20 s: twice that in silence means a dead line that TCP hasn't noticed.
const SILENCE_MS = 45_000;
const REMEMBERED_EVENTS = 4_000;

/** How long to wait before try `attempt` (from 0); `random` in [0,1) spreads clients that were cut off together. */
export function backoff(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}

/** Remembers the last ids so that a resumed stream's repeats are dropped. */
export class SeenIds {
  private readonly seen = new Set<number>();
  private readonly order: number[] = [];
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Tells whether the id is new, and remembers it. Id 0 means "no id" and is always new. */
  add(id: number): boolean {
    if (id === 0) return true;
    if (this.seen.has(id)) return false;
    this.seen.add(id);
    this.order.push(id);
    if (this.order.length > this.limit) {
      const oldest = this.order.shift();
      if (oldest !== undefined) this.seen.delete(oldest);
    }
    return true;
  }
}

export class EventStream {
  private socket: WebSocket | undefined;
  private cursor = "";
  private helloCursor = "";
  private attempt = 0;
  private greeted = false;
  private everGreeted = false;
  private stopped = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private watched: string | undefined;
  private readonly seen = new SeenIds(REMEMBERED_EVENTS);
  private readonly handlers: StreamHandlers;
  private readonly wake = () => this.retryNow();

  constructor(handlers: StreamHandlers) {
    this.handlers = handlers;
  }

  start(): void {
    window.addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.handlers.onState("connecting");
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    window.removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.socket?.close(1000);
  }

  /** Names the chat on screen, so that its events arrive even when somebody else owns it. */
  watch(chatId: string | undefined): void {
    if (chatId === this.watched) return;
    if (this.watched) this.write({ type: "unwatch", chat_id: this.watched });
    this.watched = chatId;
    if (chatId) this.write({ type: "watch", chat_id: chatId });
  }

  /** Tries again at once instead of waiting for the next turn. */
  retryNow(): void {
    if (this.stopped || this.socket || document.visibilityState === "hidden") return;
    clearTimeout(this.timer);
    this.connect();
  }

  private connect(): void {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const resume = this.cursor === "" ? "" : `?cursor=${encodeURIComponent(this.cursor)}`;
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/stream${resume}`);
    this.socket = socket;
    this.greeted = false;
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (typeof message.data === "string" && this.socket === socket) this.receive(message.data);
    };
    socket.onclose = () => this.lost(socket);
    this.listenForSilence();
  }

  private lost(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    clearTimeout(this.silence);
    if (this.stopped) return;
    if (!this.greeted) this.handlers.onRefused();
    if (this.everGreeted || this.attempt > 0) this.handlers.onState("reconnecting");
    this.timer = setTimeout(() => this.connect(), backoff(this.attempt, Math.random()));
    this.attempt += 1;
  }

  private receive(text: string): void {
    this.listenForSilence();
    const frame = parseFrame(text);
    if (!frame) return;
    switch (frame.kind) {
      case "hello":
        this.welcome(frame.cursor);
        return;
      case "resync":
        // The old cursor is worth nothing any more: the next connection must not ask for it again.
        this.cursor = this.helloCursor;
        this.handlers.onResync();
        return;
      case "ping":
        // A ping's cursor covers all that was sent before it, so that a quiet stream resumes from near now.
        if (frame.cursor !== "") this.cursor = frame.cursor;
        this.write({ type: "pong" });
        return;
      case "event":
        if (frame.event.cursor !== "") this.cursor = frame.event.cursor;
        if (this.seen.add(frame.event.id)) this.handlers.onEvent(frame.event);
    }
  }

  private welcome(cursor: string): void {
    const resumed = this.everGreeted;
    this.greeted = true;
    this.everGreeted = true;
    this.attempt = 0;
    this.helloCursor = cursor;
    // A resumed stream goes on from our own cursor; the hello's would skip what is still to come.
    if (this.cursor === "") this.cursor = cursor;
    if (this.watched) this.write({ type: "watch", chat_id: this.watched });
    this.handlers.onState("live");
    this.handlers.onHello(resumed);
  }

  private listenForSilence(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const socket = this.socket;
      if (!socket) return;
      socket.close();
      this.lost(socket);
    }, SILENCE_MS);
  }

  private write(frame: Record<string, string>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }
}
