// The product's routes for the widget.

import type { Receipt, Session } from './types';

export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, detail: string) {
    super(detail);
  }

  // Trying the same again may help: nobody answered, or the server is in trouble or busy.
  get passing(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

export class Api {
  private readonly root: string;

  constructor(base: string, key: string) {
    this.root = `${base}/api/v1/widget/${encodeURIComponent(key)}`;
  }

  session(token: string | undefined, name: string | undefined): Promise<Session> {
    return this.call<Session>('POST', '/sessions', undefined, { ...(token ? { token } : {}), ...(name ? { name } : {}) });
  }

  send(token: string, clientID: string, text: string): Promise<Receipt> {
    return this.call<Receipt>('POST', '/messages', token, { client_id: clientID, text });
  }

  end(token: string): Promise<void> {
    return this.call<void>('POST', '/end', token);
  }

  read(token: string, seq: number): Promise<void> {
    return this.call<void>('POST', '/read', token, { seq });
  }

  streamURL(token: string, cursor: string): string {
    const url = new URL(`${this.root}/stream`);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('token', token);
    if (cursor) url.searchParams.set('cursor', cursor);
    return url.href;
  }

  private async call<T>(method: string, path: string, token?: string, body?: object): Promise<T> {
    const headers: Record<string, string> = {};
    if (token) headers['Authorization'] = `Bearer ${token}`;
    if (body) headers['Content-Type'] = 'application/json';
    let answer: Response;
    try {
      answer = await fetch(this.root + path, {
        method, headers, credentials: 'omit', signal: AbortSignal.timeout(20_000), ...(body ? { body: JSON.stringify(body) } : {}),
      });
    } catch (error) {
      throw new Refusal(0, 'no_answer', error instanceof Error ? error.message : '');
    }
    if (!answer.ok) {
      const problem = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string; title?: string };
      throw new Refusal(answer.status, problem.code ?? '', problem.detail ?? problem.title ?? '');
    }
    const text = await answer.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }
}
