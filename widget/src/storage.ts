// What survives a reload, per widget key. A browser that forbids storage gets a chat that lasts as long as the page.

export interface Pending {
  client_id: string;
  text: string;
  at: string;
}

export interface Kept {
  token?: string;
  visitor?: string; // whom the token stands for
  lastSeen?: string;
  open?: boolean;
  color?: string;
  title?: string;
  draft?: string;
  dismissed?: string; // the ended chat whose farewell was closed by "Start a new chat"
  pending?: Pending[];
}

export class Storage {
  private memory: Kept = {};
  private readonly name: string;

  constructor(key: string) {
    this.name = `tandem-widget:${key}`;
  }

  read(): Kept {
    try {
      const raw = localStorage.getItem(this.name);
      return raw ? (JSON.parse(raw) as Kept) : {};
    } catch {
      return this.memory;
    }
  }

  write(change: Kept): void {
    const next = { ...this.read(), ...change };
    this.memory = next;
    try {
      localStorage.setItem(this.name, JSON.stringify(next));
    } catch {
      // Kept in memory above.
    }
  }

  // Changes made to what waits to be sent must not undo those of another tab.
  pend(message: Pending): void {
    this.write({ pending: [...(this.read().pending ?? []).filter((p) => p.client_id !== message.client_id), message] });
  }

  settle(clientID: string): void {
    this.write({ pending: (this.read().pending ?? []).filter((p) => p.client_id !== clientID) });
  }
}
