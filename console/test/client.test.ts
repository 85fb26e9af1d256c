import { afterEach, expect, test, vi } from "vitest";
import { Problem, request, setUnauthorizedHandler } from "../src/api/client";

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => new Response(body === undefined ? null : JSON.stringify(body), { status, headers })),
  );

async function failure(path = "/api/v1/chats"): Promise<Problem> {
  try {
    await request("GET", path);
  } catch (cause) {
    if (cause instanceof Problem) return cause;
  }
  throw new Error("no problem came");
}

afterEach(() => vi.unstubAllGlobals());

test("a problem document gives its code and its sentence", async () => {
  answer(409, { title: "Conflict", code: "customer_wrote", detail: "Maria wrote again", request_id: "r1" });
  const problem = await failure();
  expect(problem).toMatchObject({ status: 409, code: "customer_wrote", message: "Maria wrote again", requestId: "r1" });
  expect(problem.temporary).toBe(false);
});

test("an answer that is no problem document still gives a sentence", async () => {
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => new Response("<html>bad gateway", { status: 502 })),
  );
  const problem = await failure();
  expect(problem).toMatchObject({ status: 502, code: "http_502" });
  expect(problem.message).not.toBe("");
  expect(problem.temporary).toBe(true);
});

test("no connection is a temporary problem", async () => {
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => Promise.reject(new TypeError("failed to fetch"))),
  );
  const problem = await failure();
  expect(problem).toMatchObject({ status: 0, code: "offline" });
  expect(problem.temporary).toBe(true);
});

test("an ended session is told once, a wrong password isn't one", async () => {
  const ended = vi.fn();
  setUnauthorizedHandler(ended);
  answer(401, { code: "wrong_password", detail: "no" });
  await failure("/api/v1/auth/login");
  expect(ended).not.toHaveBeenCalled();
  await failure("/api/v1/chats");
  expect(ended).toHaveBeenCalledOnce();
});

test("an empty answer is no answer, and an unreadable one is a problem", async () => {
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => new Response(null, { status: 204 })),
  );
  expect(await request("POST", "/x")).toBeUndefined();
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => new Response("<html>", { status: 200 })),
  );
  expect(await failure()).toMatchObject({ code: "unreadable" });
});

test("a command carries its key and its body", async () => {
  answer(200, {});
  await request("POST", "/x", { body: { a: 1 }, idempotencyKey: "k" });
  const [, init] = vi.mocked(fetch).mock.calls[0] ?? [];
  expect(init).toMatchObject({ method: "POST", body: '{"a":1}', headers: { "Idempotency-Key": "k" } });
});
