// The list of messages. Elements are kept by message so that nothing moves, flickers or is read aloud twice.

import { el, say } from './dom';
import { parts } from './links';
import type { Item } from './state';
import { texts } from './texts';

interface Line {
  element: HTMLElement;
  drawn: string; // what the element shows, to know when it must be drawn again
}

export class MessageList {
  readonly element = el('ol', { class: 'log', role: 'log', 'aria-label': texts.messages, 'aria-live': 'polite', tabindex: '0' });
  private readonly greeting = el('div', { class: 'bubble' });
  private readonly lines = new Map<string, Line>();

  constructor(private readonly retry: (clientID: string) => void) {
    this.element.append(el('li', { class: 'message greeting', 'data-side': 'agent' }, this.greeting));
  }

  greet(text: string): void {
    say(this.greeting, text);
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }

  render(items: Item[], shown: boolean): void {
    const nearEnd = this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight < 80;
    const mineIsLast = items.at(-1)?.status === 'sending';
    let previous: Item | undefined;
    let after: Element = this.element.firstElementChild as Element;
    const alive = new Set<string>();
    const place = (key: string, drawn: string, draw: () => HTMLElement): void => {
      alive.add(key);
      const line = this.line(key, drawn, draw);
      if (after.nextElementSibling !== line) after.after(line);
      after = line;
    };
    const lastSent = items.filter((item) => item.side === 'customer' && item.status === 'sent').at(-1)?.key;
    for (const item of items) {
      const day = dayOf(item.at);
      if (!previous || dayOf(previous.at) !== day) place(`day ${day}`, day, () => el('li', { class: 'day' }, day));
      const named = item.side === 'agent' && (previous?.side !== 'agent' || previous.author !== item.author);
      const last = item.key === lastSent && item === items.at(-1);
      place(item.key, JSON.stringify([item, named, last]), () => this.draw(item, named, last));
      previous = item;
    }
    for (const [key, line] of this.lines) {
      if (alive.has(key)) continue;
      line.element.remove();
      this.lines.delete(key);
    }
    if (shown && (nearEnd || mineIsLast)) this.toEnd();
  }

  private line(key: string, drawn: string, draw: () => HTMLElement): HTMLElement {
    const line = this.lines.get(key);
    if (line?.drawn === drawn) return line.element;
    const element = draw();
    if (line) {
      element.style.animation = 'none';
      line.element.replaceWith(element);
    }
    this.lines.set(key, { element, drawn });
    return element;
  }

  private draw(item: Item, named: boolean, last: boolean): HTMLElement {
    const line = el('li', {
      class: 'message', 'data-testid': 'widget-message', 'data-side': item.side, 'data-status': item.status, 'data-key': item.key,
    });
    if (item.side === 'system') {
      line.append(item.text);
      return line;
    }
    if (named) line.append(el('span', { class: 'author' }, item.author || texts.agent));
    else if (item.side === 'agent') line.append(el('span', { class: 'quiet' }, texts.newMessage(item.author || texts.agent)));
    line.append(bubble(item));
    const meta = this.meta(item, last);
    if (meta) line.append(meta);
    return line;
  }

  private meta(item: Item, last: boolean): HTMLElement | null {
    if (item.side !== 'customer') return null;
    switch (item.status) {
      case 'sending':
        return el('span', { class: 'meta' }, texts.sending);
      case 'failed': {
        const again = el('button', { type: 'button', 'data-testid': 'widget-retry' }, texts.retry);
        again.addEventListener('click', () => this.retry(item.key));
        return el('span', { class: 'meta', role: 'alert' }, `${item.problem || texts.failed} `, again);
      }
      default:
        return last ? el('span', { class: 'meta' }, `${texts.sent} ${timeOf(item.at)}`) : null;
    }
  }
}

function bubble(item: Item): HTMLElement {
  const box = el('div', { class: 'bubble', dir: 'auto', title: timeOf(item.at) });
  for (const part of parts(item.text)) {
    box.append(part.href ? link(part.href, part.text) : part.text);
  }
  for (const file of item.files) {
    if (box.hasChildNodes()) box.append('\n');
    box.append(/^https?:/.test(file.url) ? link(file.url, file.name) : file.name);
  }
  return box;
}

function link(href: string, text: string): HTMLElement {
  return el('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, text);
}

function timeOf(at: string): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

function dayOf(at: string): string {
  const day = new Date(at);
  const now = new Date();
  if (day.toDateString() === now.toDateString()) return texts.today;
  now.setDate(now.getDate() - 1);
  if (day.toDateString() === now.toDateString()) return texts.yesterday;
  return day.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long' });
}
