// The one place that talks HTTP. Every failure becomes a Problem with a sentence a person can act on.

import { learnClock } from "../state/clock";
import { texts } from "../texts";

/** What is wrong with one field of a request; `location` is its path: "body.fallback[1].after_seconds". */
export interface FieldProblem {
  location: string;
  message: string;
}

/** A refusal or failure of a request. `code` is stable; `status` is 0 when no answer came. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  /** The fields to blame; empty when it isn't about fields. */
  readonly fields: readonly FieldProblem[];

  constructor(status: number, code: string, detail: string, requestId?: string, fields: readonly FieldProblem[] = []) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.fields = fields;
  }

  /** The same request may succeed later, unchanged. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface Options {
  body?: unknown;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

const TIMEOUT_MS = 20_000;

let onUnauthorized: () => void = () => {};

/** Sets what happens when the server no longer knows who we are. */
export function setUnauthorizedHandler(handler: () => void): void {
  onUnauthorized = handler;
}

function field(value: unknown, name: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Reflect.get(value, name);
  return typeof found === "string" && found !== "" ? found : undefined;
}

function fieldProblems(value: unknown): FieldProblem[] {
  if (typeof value !== "object" || value === null) return [];
  const errors: unknown = Reflect.get(value, "errors");
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((error: unknown) => {
    const message = field(error, "message");
    return message ? [{ location: field(error, "location") ?? "", message }] : [];
  });
}

/** The API's words begin small, as the end of an error does; on a screen they stand alone. */
function asSentence(text: string): string {
  const [first = "", ...rest] = text;
  return first.toLocaleUpperCase() + rest.join("");
}

async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const fields = fieldProblems(body);
  const said =
    field(body, "detail") ?? fields[0]?.message ?? field(body, "title") ?? texts.errors.status(response.status);
  const code = field(body, "code") ?? `http_${response.status}`;
  return new Problem(response.status, code, asSentence(said), field(body, "request_id"), fields);
}

async function send(method: Method, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.idempotencyKey) headers["Idempotency-Key"] = options.idempotencyKey;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const init: RequestInit = {
    method,
    headers,
    credentials: "same-origin",
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
  };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  try {
    const response = await fetch(path, init);
    learnClock(response.headers.get("Date"), Date.now());
    return response;
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    const timedOut = cause instanceof DOMException && cause.name === "TimeoutError";
    throw new Problem(0, timedOut ? "timeout" : "offline", timedOut ? texts.errors.timeout : texts.errors.offline);
  }
}

/** Calls the API and gives the decoded answer; `undefined` for an empty one. Throws a Problem. */
export async function request<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const response = await send(method, path, options);
  if (!response.ok) {
    const problem = await problemOf(response);
    if (response.status === 401 && !path.endsWith("/auth/login")) onUnauthorized();
    throw problem;
  }
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw new Problem(response.status, "unreadable", texts.errors.unreadable);
  }
}
