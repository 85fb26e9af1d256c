// The people of the stories: an agent at the console, a customer with a phone, a customer in the shop.

import { type BrowserContext, expect, type Locator, type Page, type WebSocketRoute } from "@playwright/test";

export const simulatorURL = process.env.SIMULATOR_URL ?? "http://127.0.0.1:8090";
export const password = "tandem-demo";

export const shots = `${import.meta.dirname}/shots`;

/** A picture for people, not compared with anything. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${shots}/${name}.png`, animations: "disabled" });
}

/** The line between a browser and the event stream, with a switch. */
export class Line {
  private readonly open = new Set<WebSocketRoute>();
  private down = false;

  static async tap(context: BrowserContext): Promise<Line> {
    const line = new Line();
    await context.routeWebSocket("**/api/v1/stream**", (socket) => {
      if (line.down) {
        void socket.close();
        return;
      }
      socket.connectToServer();
      line.open.add(socket);
    });
    return line;
  }

  async cut(): Promise<void> {
    this.down = true;
    await Promise.all([...this.open].map((socket) => socket.close()));
    this.open.clear();
  }

  mend(): void {
    this.down = false;
  }
}

interface Listed {
  items: { id: string; name?: string; owner?: { id: string } }[];
}

export class Agent {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Signs in with a clean desk: whatever an earlier run left open is disposed first. */
  static async signIn(context: BrowserContext, email: string): Promise<Agent> {
    const page = await context.newPage();
    const agent = new Agent(page);
    await page.goto("/");
    await page.getByTestId("login-email").fill(email);
    await page.getByTestId("login-password").fill(password);
    await page.getByTestId("login-submit").click();
    await expect(page.getByTestId("status-menu")).toBeVisible();
    await agent.setStatus("break");
    await agent.clearDesk();
    return agent;
  }

  async setStatus(status: "available" | "break" | "offline"): Promise<void> {
    await this.page.getByTestId("status-menu").click();
    await this.page.getByTestId(`status-${status}`).click();
    await expect(this.page.getByTestId("status-menu")).toHaveAttribute("data-status", status);
  }

  private async clearDesk(): Promise<void> {
    const api = this.page.request;
    const { user } = (await (await api.get("/api/v1/me")).json()) as { user: { id: string } };
    const dispositions = (await (await api.get("/api/v1/dispositions")).json()) as Listed;
    const resolved = dispositions.items.find((item) => item.name === "Resolved");
    const open = (await (await api.get("/api/v1/chats?view=mine")).json()) as Listed;
    for (const chat of open.items.filter((each) => each.owner?.id === user.id)) {
      const answer = await api.post(`/api/v1/chats/${chat.id}/dispose`, {
        data: { disposition_id: resolved?.id, note: "left over from an earlier run" },
      });
      expect(answer.ok(), await answer.text()).toBe(true);
    }
    await expect(this.page.getByTestId("chat-row")).toHaveCount(0);
  }

  row(name: string): Locator {
    return this.page.getByTestId("chat-row").filter({ hasText: name });
  }

  toast(text: string): Locator {
    return this.page.getByTestId("toast").filter({ hasText: text });
  }

  message(side: "customer" | "agent", text: string): Locator {
    return this.page.locator(`[data-testid=message][data-side=${side}]`).filter({ hasText: text });
  }

  /** The pop-up of a chat that is held out to this agent. */
  offer(words: string): Locator {
    return this.page.getByTestId("offer").filter({ hasText: words });
  }

  /** A line of the chat that Tandem wrote. */
  line(words: string): Locator {
    return this.page.locator("[data-testid=message][data-side=system]").filter({ hasText: words });
  }

  /** Disposes the open chat by keyboard alone: what is typed finds one disposition of the tree. */
  async disposeBySearch(words: string, note: string): Promise<void> {
    await this.page.keyboard.press("Alt+KeyD");
    const dialog = this.page.getByTestId("dispose-dialog");
    await expect(dialog.getByTestId("disposition-search")).toBeFocused();
    await this.page.keyboard.type(words);
    await this.page.keyboard.press("Enter");
    await expect(dialog.locator("[data-testid=disposition-option][data-chosen=true]")).toHaveCount(1);
    await dialog.getByTestId("dispose-note").fill(note);
    await dialog.getByTestId("dispose-confirm").click();
    await expect(dialog).toHaveCount(0);
  }

  async say(text: string): Promise<void> {
    await this.page.getByTestId("composer").fill(text);
    await this.page.getByTestId("composer").press("Enter");
    await expect(this.message("agent", text)).toHaveCount(1);
  }
}

export class PhoneCustomer {
  readonly page: Page;
  readonly number: string;

  private constructor(page: Page, number: string) {
    this.page = page;
    this.number = number;
  }

  static async take(context: BrowserContext): Promise<PhoneCustomer> {
    // 202-555-01xx are numbers that nobody has; the last digits differ between runs.
    const number = `+1202555${String(1000 + Math.floor(Math.random() * 9000))}`;
    const page = await context.newPage();
    await page.goto(`${simulatorURL}/phone?number=${encodeURIComponent(number)}`);
    return new PhoneCustomer(page, number);
  }

  async text(words: string): Promise<void> {
    await this.page.getByTestId("phone-input").fill(words);
    await this.page.getByTestId("phone-send").click();
    await expect(this.page.getByTestId("phone-message").filter({ hasText: words })).toHaveCount(1);
  }

  received(words: string): Locator {
    return this.page.locator("[data-testid=phone-message][data-direction=received]").filter({ hasText: words });
  }
}

export class ShopCustomer {
  readonly page: Page;
  readonly name: string;

  private constructor(page: Page, name: string) {
    this.page = page;
    this.name = name;
  }

  static async visit(context: BrowserContext): Promise<ShopCustomer> {
    const name = `Lea ${Math.random().toString(36).slice(2, 7)}`;
    const page = await context.newPage();
    await page.goto(`${simulatorURL}/webchat`);
    await page.getByTestId("widget-open").click();
    return new ShopCustomer(page, name);
  }

  async write(words: string): Promise<void> {
    const name = this.page.getByTestId("widget-name");
    if (await name.isVisible()) await name.fill(this.name);
    await this.page.getByTestId("widget-input").fill(words);
    await this.page.getByTestId("widget-send").click();
    await expect(this.message("customer", words)).toHaveCount(1);
  }

  message(side: "customer" | "agent", words: string): Locator {
    return this.page.locator(`[data-testid=widget-message][data-side=${side}]`).filter({ hasText: words });
  }

  async endChat(): Promise<void> {
    await this.page.getByTestId("widget-end").click();
    await this.page.getByTestId("widget-end-confirm").click();
    await expect(this.page.getByTestId("widget-ended")).toBeVisible();
  }
}
