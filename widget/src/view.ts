// What the visitor sees. It holds no state of the chat: it is told what is and asks the controller for the rest.

import { inkOn } from './color';
import { el, icon, icons, say } from './dom';
import { MessageList } from './list';
import { ended, excess, live, newestAgent, type State, unread, visible } from './state';
import style from './style.css';
import { texts } from './texts';
import type { Settings } from './types';

export interface Actions {
  open(): void;
  close(): void;
  send(text: string, name: string): void;
  retry(clientID: string): void;
  end(): Promise<void>;
  startNew(): void;
  draft(text: string): void;
}

export class View {
  private readonly root: HTMLDivElement;
  private readonly launcher = el('button', { class: 'launcher', type: 'button', 'data-testid': 'widget-open', 'aria-controls': 'panel' });
  private readonly badge = el('span', { class: 'badge', 'data-testid': 'widget-unread', 'aria-hidden': 'true' });
  private readonly panel: HTMLElement;
  private readonly title = el('strong', { class: 'title', id: 'title' });
  private readonly state = el('span', { class: 'state', role: 'status', 'data-testid': 'widget-state' });
  private readonly avatar = el('span', { class: 'avatar', 'aria-hidden': 'true' });
  private readonly list: MessageList;
  private readonly name = el('input', { class: 'name', 'data-testid': 'widget-name', placeholder: texts.name, 'aria-label': texts.name, autocomplete: 'name', maxlength: '80' });
  private readonly text = el('textarea', { class: 'text', 'data-testid': 'widget-input', rows: '1', placeholder: texts.input, 'aria-label': texts.input, 'aria-describedby': 'problem' });
  private readonly sendButton = el('button', { class: 'send', type: 'submit', 'data-testid': 'widget-send', 'aria-label': texts.send }, icon(icons.send));
  private readonly problem = el('span', { class: 'problem', id: 'problem', role: 'alert' });
  private readonly endButton = el('button', { class: 'end', type: 'button', 'data-testid': 'widget-end' }, texts.end);
  private readonly composer: HTMLFormElement;
  private readonly ask: HTMLElement;
  private readonly confirm = el('button', { class: 'solid bad', type: 'button', 'data-testid': 'widget-end-confirm' }, texts.endConfirm);
  private readonly over: HTMLElement;
  private readonly overText = el('p', { 'data-testid': 'widget-ended' });
  private readonly again = el('button', { class: 'solid', type: 'button', 'data-testid': 'widget-start-new' }, texts.startNew);
  private readonly settings: Settings = {};
  private asking = false;
  private wasOpen = false;

  constructor(host: HTMLElement, private readonly actions: Actions) {
    const shadow = host.attachShadow({ mode: 'open' });
    applyStyle(shadow);
    this.list = new MessageList((clientID) => actions.retry(clientID));
    this.composer = el('form', { class: 'composer' },
      this.name,
      el('div', { class: 'row' }, this.text, this.sendButton),
      el('div', { class: 'below' }, this.problem, this.endButton));
    const keep = el('button', { class: 'plain', type: 'button' }, texts.endKeep);
    this.ask = el('div', { class: 'ask', role: 'group', 'aria-label': texts.endQuestion },
      el('p', {}, texts.endQuestion), el('div', { class: 'choices' }, this.confirm, keep));
    this.over = el('div', { class: 'over' }, this.overText, this.again);
    const close = el('button', { type: 'button', 'aria-label': texts.close, 'data-testid': 'widget-close' }, icon(icons.close));
    this.panel = el('section', { class: 'panel', id: 'panel', role: 'dialog', 'aria-labelledby': 'title', 'data-testid': 'widget-panel' },
      el('header', {}, this.avatar, el('div', { class: 'who' }, this.title, this.state), close),
      this.list.element,
      el('div', { class: 'foot' }, this.composer, this.ask, this.over));
    this.root = el('div', { class: 'root' }, this.panel, this.launcher);
    shadow.append(this.root);
    this.listen(close, keep);
    this.customise({});
  }

  private listen(close: HTMLElement, keep: HTMLElement): void {
    this.launcher.addEventListener('click', () => (this.wasOpen ? this.actions.close() : this.actions.open()));
    close.addEventListener('click', () => this.actions.close());
    this.panel.addEventListener('keydown', (event) => this.key(event));
    this.composer.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener('input', () => {
      this.check();
      this.actions.draft(this.text.value);
    });
    this.text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.endButton.addEventListener('click', () => this.askToEnd(true));
    keep.addEventListener('click', () => this.askToEnd(false));
    this.confirm.addEventListener('click', () => void this.finish());
    this.again.addEventListener('click', () => {
      this.actions.startNew();
      this.text.focus();
    });
  }

  // Keys typed into the chat are nobody else's: pages have shortcuts of their own.
  private key(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key !== 'Escape') return;
    if (this.asking) this.askToEnd(false);
    else this.actions.close();
  }

  private submit(): void {
    const text = this.text.value;
    if (!visible(text) || excess(text) > 0) return;
    this.text.value = '';
    this.check();
    this.actions.send(text, this.name.hidden ? '' : this.name.value.trim());
    this.text.focus();
  }

  private check(): void {
    const over = excess(this.text.value);
    this.sendButton.disabled = !visible(this.text.value) || over > 0;
    say(this.problem, over > 0 ? texts.tooLong(over) : '');
  }

  private askToEnd(asking: boolean): void {
    this.asking = asking;
    this.showFoot(false);
    if (asking) this.confirm.focus();
    else this.text.focus();
  }

  private async finish(): Promise<void> {
    this.confirm.disabled = true;
    try {
      await this.actions.end();
      this.asking = false;
      this.again.focus();
    } catch {
      this.askToEnd(false);
      say(this.problem, texts.endFailed);
    } finally {
      this.confirm.disabled = false;
    }
  }

  private showFoot(over: boolean): void {
    this.over.hidden = !over;
    this.ask.hidden = over || !this.asking;
    this.composer.hidden = over || this.asking;
  }

  setDraft(text: string): void {
    this.text.value = text;
    this.check();
  }

  customise(settings: Settings): void {
    Object.assign(this.settings, settings);
    say(this.title, this.settings.title || texts.title);
    this.list.greet(this.settings.greeting || texts.greeting);
    const ink = inkOn(this.settings.color ?? '');
    if (ink && this.settings.color) {
      this.root.style.setProperty('--accent', this.settings.color);
      this.root.style.setProperty('--on-accent', ink);
    }
  }

  render(state: State, dismissed: string): void {
    this.root.dataset['open'] = String(state.open);
    this.panel.hidden = !state.open;
    this.renderLauncher(state);
    const over = ended(state, dismissed);
    this.renderHeader(state, over);
    this.list.render(state.items, state.open);
    if (over) this.asking = false;
    say(this.overText, state.endedByMe ? texts.endedByYou : texts.ended);
    this.showFoot(over);
    this.name.hidden = state.items.length > 0;
    this.endButton.hidden = !live(state);
    if (state.open !== this.wasOpen) this.moved(state.open);
  }

  private renderLauncher(state: State): void {
    const count = state.open ? 0 : unread(state);
    this.badge.hidden = count === 0;
    say(this.badge, count > 9 ? '9+' : String(count));
    this.launcher.setAttribute('aria-expanded', String(state.open));
    this.launcher.setAttribute('aria-label', state.open ? texts.close : count ? texts.openUnread(count) : texts.open);
    if (state.open !== this.wasOpen || !this.launcher.firstChild) {
      this.launcher.replaceChildren(icon(state.open ? icons.down : icons.chat), this.badge);
    }
  }

  private renderHeader(state: State, over: boolean): void {
    const name = live(state) ? state.chat?.owner?.name || (state.chat?.phase === 'active' ? newestAgent(state)?.author ?? '' : '') : '';
    say(this.avatar, (name || this.title.textContent || '?').trim().slice(0, 1).toUpperCase());
    const waiting = state.place ? texts.place(state.place.position, state.place.seconds) : texts.waiting;
    const nobody = over ? texts.over : state.chat?.phase === 'queued' ? waiting : texts.ready;
    const byConnection: Partial<Record<State['connection'], string>> = {
      connecting: texts.connecting, offline: texts.offline, gone: texts.notFound,
    };
    say(this.state, byConnection[state.connection] ?? (name ? texts.with(name) : nobody));
    this.root.dataset['connection'] = state.connection;
  }

  private moved(open: boolean): void {
    this.wasOpen = open;
    if (open) {
      this.list.toEnd();
      (this.composer.hidden ? this.again : this.text).focus();
    } else {
      this.launcher.focus();
    }
  }
}

// Constructed sheets need no inline style, which strict pages forbid.
function applyStyle(shadow: ShadowRoot): void {
  if ('adoptedStyleSheets' in shadow) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    shadow.adoptedStyleSheets = [sheet];
    return;
  }
  (shadow as ShadowRoot).append(el('style', {}, style));
}
