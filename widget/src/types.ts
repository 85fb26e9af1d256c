// What the product answers on the widget's routes, as far as the widget reads it.

export interface WireMessage {
  id: string;
  chat_id: string;
  seq: number;
  side: 'customer' | 'agent' | 'system';
  kind: 'text' | 'note' | 'event' | 'placeholder';
  text: string;
  status: string;
  client_id?: string;
  author?: { id: string; name: string };
  attachments?: { name?: string; url?: string; content_type?: string }[];
  created_at: string;
}

export interface WireChat {
  id: string;
  phase: 'queued' | 'active' | 'customer_left' | 'closed';
  owner?: { id: string; name: string };
}

// The answer to a message: where it went. The message itself comes over the stream.
export interface Receipt {
  id: string;
  chat_id: string;
  client_id: string;
  duplicate: boolean;
}

export interface Settings {
  title?: string;
  color?: string;
  greeting?: string;
}

export interface Session {
  token: string;
  visitor_id: string;
  customer_name: string;
  chat: WireChat | null;
  messages: WireMessage[];
  settings: Settings;
}

export interface Frame {
  type: string;
  cursor?: string;
  chat_id?: string;
  // position and estimated_seconds come with waiting.position.
  data?: { message?: WireMessage; chat?: WireChat; position?: number; estimated_seconds?: number | null };
}
