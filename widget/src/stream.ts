// The live connection: comes back by itself with growing pauses and goes on from its cursor.

import type { Frame } from './types';

export interface Listener {
  online(): void;
  offline(): void;
  event(frame: Frame): void;
  // Events may have been missed: everything is to be read anew.
  refetch(): void;
}

const firstPause = 500;
const longestPause = 15_000;
// The server pings every 20 s; a connection silent for longer than two of them is dead.
const silence = 50_000;

export class Stream {
  private socket: WebSocket | null = null;
  private cursor = '';
  private pause = firstPause;
  private failures = 0; // connections in a row that never said hello
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(private readonly url: (cursor: string) => string, private readonly listener: Listener) {
    addEventListener('online', this.hurry);
    document.addEventListener('visibilitychange', this.hurry);
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    removeEventListener('online', this.hurry);
    document.removeEventListener('visibilitychange', this.hurry);
    clearTimeout(this.retry);
    clearTimeout(this.watchdog);
    this.socket?.close();
  }

  private readonly hurry = (): void => {
    if (this.stopped || this.socket || document.visibilityState === 'hidden') return;
    clearTimeout(this.retry);
    this.connect();
  };

  private connect(): void {
    const socket = new WebSocket(this.url(this.cursor));
    this.socket = socket;
    this.guard(socket);
    socket.onmessage = (event: MessageEvent<string>) => this.frame(socket, event.data);
    socket.onclose = () => this.lost(socket);
  }

  private lost(socket: WebSocket): void {
    if (this.stopped || this.socket !== socket) return;
    this.socket = null;
    clearTimeout(this.watchdog);
    this.listener.offline();
    // Spread out, so that a restarted server is not met by everybody at once.
    this.retry = setTimeout(() => this.connect(), this.pause * (0.5 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, longestPause);
    // A token that has become invalid closes every connection; only a call can tell that.
    if (++this.failures % 4 === 0) this.listener.refetch();
  }

  private guard(socket: WebSocket): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      socket.close();
      this.lost(socket);
    }, silence);
  }

  private frame(socket: WebSocket, raw: string): void {
    if (this.socket !== socket) return;
    this.guard(socket);
    let frame: Frame;
    try {
      frame = JSON.parse(raw) as Frame;
    } catch {
      return; // not one of ours
    }
    switch (frame.type) {
      case 'hello': {
        const fresh = !this.cursor;
        this.pause = firstPause;
        this.failures = 0;
        if (frame.cursor && fresh) this.cursor = frame.cursor;
        this.listener.online();
        // What happened between the session's snapshot and this hello is in neither.
        if (fresh) this.listener.refetch();
        break;
      }
      case 'ping':
        if (frame.cursor) this.cursor = frame.cursor;
        socket.send('{"type":"pong"}');
        break;
      case 'resync':
        this.cursor = frame.cursor ?? '';
        this.listener.refetch();
        break;
      default:
        if (frame.cursor) this.cursor = frame.cursor;
        this.listener.event(frame);
    }
  }
}
