// Several tabs, one voice: tabs tell each other what they show, and one of them holds the right to make noise.

import { randomId } from "../state/ids";
import { isInView, type TabView } from "../state/notify";

const SPEAK_EVERY_MS = 4_000;

function isTabView(value: unknown): value is TabView {
  return typeof value === "object" && value !== null && typeof (value as Partial<TabView>).tab === "string";
}

export class Tabs {
  private readonly id = randomId();
  private readonly others = new Map<string, TabView>();
  private readonly channel: BroadcastChannel | undefined;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly release = new AbortController();
  private leads = false;
  private mine: TabView;

  constructor(user: string) {
    this.mine = { tab: this.id, inView: undefined, visible: true, at: Date.now() };
    if (typeof BroadcastChannel !== "undefined") {
      this.channel = new BroadcastChannel(`tandem.tabs.${user}`);
      this.channel.onmessage = (message: MessageEvent<unknown>) => {
        if (isTabView(message.data)) this.others.set(message.data.tab, { ...message.data, at: Date.now() });
      };
    }
    this.timer = setInterval(() => this.speak(), SPEAK_EVERY_MS);
    this.lead(user);
  }

  /** Tells the others what this tab shows; `inView` only while a person looks at it. */
  show(inView: string | undefined, visible: boolean): void {
    this.mine = { ...this.mine, inView, visible };
    this.speak();
  }

  /** Tells whether this tab makes the sound and the desktop notification. */
  isLeader(): boolean {
    return this.leads;
  }

  /** Tells whether a person looks at the chat in any tab. */
  seesChat(chatId: string): boolean {
    const now = Date.now();
    return isInView([{ ...this.mine, at: now }, ...this.others.values()], chatId, now);
  }

  close(): void {
    clearInterval(this.timer);
    this.release.abort();
    this.mine = { ...this.mine, inView: undefined, visible: false };
    this.speak();
    this.channel?.close();
  }

  private speak(): void {
    this.channel?.postMessage({ ...this.mine, at: Date.now() } satisfies TabView);
  }

  private lead(user: string): void {
    // Plain-http hosts have no locks: better two sounds than none.
    if (!("locks" in navigator)) {
      this.leads = true;
      return;
    }
    const held = () =>
      new Promise<void>((resolve) => {
        this.leads = true;
        this.release.signal.addEventListener("abort", () => resolve(), { once: true });
      });
    navigator.locks.request(`tandem.alerts.${user}`, { signal: this.release.signal }, held).catch(() => {
      // Aborted while waiting for its turn: the tab is closing.
      this.leads = false;
    });
  }
}
