// The account's rules as an admin sets them for a story, and puts back after it.

import { type APIRequestContext, expect, request } from "@playwright/test";
import { password } from "./people";

type Json = Record<string, unknown>;

interface Named {
  id: string;
  name: string;
}

const base = "/api/v1/settings";

export class Rules {
  private readonly api: APIRequestContext;
  private readonly undo: (() => Promise<void>)[] = [];

  private constructor(api: APIRequestContext) {
    this.api = api;
  }

  static async open(baseURL = ""): Promise<Rules> {
    const api = await request.newContext({ baseURL });
    const rules = new Rules(api);
    await rules.send("POST", "/api/v1/auth/login", { email: "admin@demo.test", password });
    return rules;
  }

  private async send(method: string, path: string, data?: Json): Promise<Json> {
    const answer = await this.api.fetch(path, { method, ...(data ? { data } : {}) });
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
    return answer.status() === 204 ? {} : ((await answer.json()) as Json);
  }

  /** Sends all agents offline, whatever an earlier story left: who is there is up to the story. */
  async everybodyAway(): Promise<void> {
    const { items } = (await this.send("GET", "/api/v1/agents")) as unknown as { items: Named[] };
    for (const agent of items)
      await this.send("PUT", `/api/v1/agents/${agent.id}/status`, { status: "offline", when: "now" });
  }

  /** Ends the chats that an earlier story left waiting, so that nobody is offered one of them. */
  async emptyLine(): Promise<void> {
    const { items } = (await this.send("GET", "/api/v1/chats?view=waiting&limit=200")) as unknown as { items: Named[] };
    const dispositions = (await this.send("GET", "/api/v1/dispositions")) as unknown as { items: Named[] };
    const resolved = dispositions.items.find((item) => item.name === "Resolved");
    for (const chat of items) {
      await this.send("POST", `/api/v1/chats/${chat.id}/take`, {});
      await this.send("POST", `/api/v1/chats/${chat.id}/dispose`, { disposition_id: resolved?.id, note: "" });
    }
  }

  /** Changes the account's rules until `restore`. */
  async account(change: Json): Promise<void> {
    const { version: _, ...before } = await this.send("GET", `${base}/routing`);
    this.undo.push(async () => void (await this.send("PUT", `${base}/routing`, before)));
    const merged: Json = { ...before };
    for (const [name, value] of Object.entries(change)) {
      const known = before[name];
      const both = typeof known === "object" && known !== null && typeof value === "object" && !Array.isArray(value);
      merged[name] = both ? { ...known, ...value } : value;
    }
    await this.send("PUT", `${base}/routing`, merged);
  }

  /** Changes a queue's policy until `restore`; chats that arrive from now on have it. */
  async queue(name: string, change: Json): Promise<void> {
    const { items } = (await this.send("GET", `${base}/queues`)) as unknown as { items: Named[] };
    const queue = items.find((each) => each.name === name);
    if (!queue) throw new Error(`no queue is called ${name}`);
    const path = `${base}/queues/${queue.id}`;
    const { policy } = (await this.send("GET", path)) as unknown as { policy: Json };
    this.undo.push(async () => void (await this.send("PUT", `${path}/policy`, policy)));
    await this.send("PUT", `${path}/policy`, { ...policy, ...change });
  }

  /** Makes a branch of dispositions, from the top down; they are disabled by `restore`. */
  async dispositions(...names: string[]): Promise<void> {
    let parent: string | undefined;
    for (const name of names) {
      const made = (await this.send("POST", `${base}/dispositions`, {
        name,
        position: 0,
        ...(parent ? { parent_id: parent } : {}),
      })) as unknown as Named;
      this.undo.push(
        async () => void (await this.send("PATCH", `${base}/dispositions/${made.id}`, { disabled: true })),
      );
      parent = made.id;
    }
  }

  /** Makes a disposition that asks for the time of a callback. */
  async callbackDisposition(name: string): Promise<void> {
    const made = await this.send("POST", `${base}/dispositions`, { name, position: 0, callback: true });
    this.undo.push(async () => void (await this.send("PATCH", `${base}/dispositions/${made.id}`, { disabled: true })));
  }

  async restore(): Promise<void> {
    for (const back of this.undo.reverse()) await back();
    await this.api.dispose();
  }
}
