import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Client, createClient } from "../../src/index.js";
import type { TokenStorage } from "../../src/runtime/storage.js";
import { json, problem } from "../support/answers.js";
import { type Pretended, pretend } from "../support/pretend.js";
import { session } from "../support/sessions.js";

const baseUrl = "https://api.example";
const ada = { email: "ada@example.org", password: "secret" };
const REFRESH = "/v1/tokens/refresh";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Moves the clock; nothing in the client waits for it. */
const later = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);
const EXPIRED = 601_000;

async function signedIn(): Promise<{ client: Client; service: Pretended }> {
  const service = pretend();
  const client = createClient({
    baseUrl,
    face: "bearer",
    refreshIn: "cookie",
    fetch: service.fetch,
  });
  await client.issueTokens(ada);
  return { client, service };
}

const status = (client: Client): string => client.session.get().status;

test("signs in with the right refresh_in, and uses the token", async () => {
  const { client, service } = await signedIn();
  expect(service.asked[0]?.body).toEqual({ ...ada, refresh_in: "cookie" });
  expect(client.session.get()).toMatchObject({ status: "signed-in", user: { email: ada.email } });
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect(service.asked[1]?.token).toBe("access-1");
});

test("50 calls with an expired token: one refresh", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.getMe()));
  expect(answers.every(({ data }) => data)).toBe(true);
  expect(service.count(REFRESH)).toBe(1);
  expect(service.asked.filter(({ token }) => token === "access-1")).toEqual([]);
});

test("50 calls with a token that is refused: one refresh, and each call twice", async () => {
  const { client, service } = await signedIn();
  service.valid = 7;
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.getMe()));
  expect(answers.every(({ data }) => data)).toBe(true);
  expect(service.count(REFRESH)).toBe(1);
  expect(service.count("/v1/me")).toBe(100);
});

test("refreshes ahead of the end, not all at the same moment", async () => {
  const moments = new Set<number>();
  for (let client = 0; client < 8; client += 1) {
    const { client, service } = await signedIn();
    const start = Date.now();
    while (service.count(REFRESH) === 0) {
      later(1000);
      await client.getMe();
    }
    moments.add(Date.now() - start);
  }
  expect(Math.min(...moments)).toBeGreaterThanOrEqual(539_000);
  expect(Math.max(...moments)).toBeLessThanOrEqual(571_000);
  expect(moments.size).toBeGreaterThan(1);
});

test("a token that still counts does not wait for the service to come back", async () => {
  const { client, service } = await signedIn();
  later(595_000);
  service.refreshes.push(problem(503, "unavailable"));
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect(service.count(REFRESH)).toBe(1);
});

function busy(status: number, seconds: string): Response {
  const response = problem(status, "unavailable");
  response.headers.set("retry-after", seconds);
  return response;
}

test.each([503, 429, 500, 502, 403, 400])(
  "a refresh answered with %i signs nobody out",
  async (code) => {
    const { client, service } = await signedIn();
    later(EXPIRED);
    service.refreshes.push(busy(code, "20"));
    expect((await client.getMe()).problem?.status).toBe(code);
    expect(status(client)).toBe("signed-in");
    later(21_000);
    expect((await client.getMe()).data?.email).toBe(ada.email);
  },
);

test("while the service asks for patience, calls fail with what it said, and do not knock", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  service.refreshes.push(busy(503, "20"));
  for (let call = 0; call < 50; call += 1) {
    expect((await client.getMe()).problem).toMatchObject({ status: 503, code: "unavailable" });
    later(300);
  }
  expect(service.count(REFRESH)).toBe(1);
  expect(service.count("/v1/me")).toBe(0);
  later(20_000);
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect(service.count(REFRESH)).toBe(2);
});

test("Retry-After as a date", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  service.refreshes.push(busy(503, new Date(Date.now() + 30_000).toUTCString()));
  await client.getMe();
  later(28_000);
  expect((await client.getMe()).problem?.status).toBe(503);
  later(3000);
  expect((await client.getMe()).data).toBeDefined();
});

test("an answer that was lost is asked for again", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  service.refreshes.push(new TypeError("reset"));
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect(service.count(REFRESH)).toBe(2);
});

test("an answer that never comes is asked for again", async () => {
  const service = pretend();
  const options = { baseUrl, face: "bearer", refreshIn: "cookie", timeout: 30 } as const;
  const client = createClient({ ...options, fetch: service.fetch });
  await client.issueTokens(ada);
  later(EXPIRED);
  service.hold = new Promise(() => {});
  const call = client.getMe({}, { timeout: 2000 });
  while (service.count(REFRESH) === 0) await Promise.resolve();
  service.hold = undefined;
  expect((await call).data?.email).toBe(ada.email);
  expect(service.count(REFRESH)).toBe(2);
});

test("without a network calls reject, and nobody is signed out", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  const down = new TypeError("no network");
  service.refreshes.push(down, down);
  const calls = await Promise.allSettled(Array.from({ length: 20 }, () => client.getMe()));
  expect(calls.every((call) => call.status === "rejected" && call.reason === down)).toBe(true);
  await expect(client.getMe()).rejects.toBe(down);
  expect(service.count(REFRESH)).toBe(2);
  expect(status(client)).toBe("signed-in");
  later(1001);
  expect((await client.getMe()).data?.email).toBe(ada.email);
});

test.each(["invalid_refresh_token", "refresh_reused"])("%s signs out", async (code) => {
  const { client, service } = await signedIn();
  service.valid = 9;
  service.refreshes.push(problem(401, code));
  expect((await client.getMe()).problem?.code).toBe("invalid_token");
  expect(client.session.get()).toEqual({ status: "signed-out" });
  expect((await client.getMe()).problem?.code).toBe("unauthenticated");
  expect(service.count(REFRESH)).toBe(1);
});

test("a 401 that is something else signs nobody out", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  service.refreshes.push(json(401, { proxy: "who are you?" }));
  expect((await client.getMe()).problem?.code).toBe("unexpected_response");
  expect(status(client)).toBe("signed-in");
});

test("a new page finds its session by the cookie", async () => {
  const service = pretend();
  service.valid = 3;
  const client = createClient({
    baseUrl,
    face: "bearer",
    refreshIn: "cookie",
    fetch: service.fetch,
  });
  expect(status(client)).toBe("unknown");
  expect(await client.session.load()).toMatchObject({ status: "signed-in" });
  expect(service.count(REFRESH)).toBe(1);
});

test("a new page without a session", async () => {
  const service = pretend();
  const client = createClient({
    baseUrl,
    face: "bearer",
    refreshIn: "cookie",
    fetch: service.fetch,
  });
  expect(await client.session.load()).toEqual({ status: "signed-out" });
  await client.getMe();
  expect(service.count(REFRESH)).toBe(1);
});

test("signing out clears at once, also without a network", async () => {
  const { client, service } = await signedIn();
  const offline = createClient({
    baseUrl,
    face: "bearer",
    refreshIn: "cookie",
    fetch: (url, init) =>
      init.method === "DELETE" ? Promise.reject(new TypeError("down")) : service.fetch(url, init),
  });
  await offline.issueTokens(ada);
  const leaving = offline.signOut();
  expect(offline.session.get()).toEqual({ status: "signed-out" });
  await expect(leaving).rejects.toThrow("down");
  expect((await offline.getMe()).problem?.code).toBe("unauthenticated");

  await client.signOut();
  // The cookie names the session; a token that is over would keep it alive.
  expect(service.asked.at(-1)).toMatchObject({ method: "DELETE", token: undefined });
});

test("a refresh that ends after signing out brings nobody back", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  let release = (): void => {};
  service.hold = new Promise((done) => {
    release = done;
  });
  const call = client.getMe();
  await vi.waitFor(() => expect(service.count(REFRESH)).toBe(1));
  const leaving = client.signOut();
  release();
  await Promise.all([call, leaving]);
  expect(client.session.get()).toEqual({ status: "signed-out" });
  expect((await client.getMe()).problem?.code).toBe("unauthenticated");
});

test("changing the password takes the new tokens over, and no refresh comes in between", async () => {
  const { client, service } = await signedIn();
  const change = { current_password: "secret", new_password: "another" };
  const [changed, ...others] = await Promise.all([
    client.changePassword(change),
    client.getMe(),
    client.getMe(),
  ]);
  expect(changed.data?.tokens?.access_token).toBe("access-2");
  expect(others.every(({ data }) => data)).toBe(true);
  expect(service.count(REFRESH)).toBe(0);
  expect((await client.getMe()).data).toBeDefined();
  expect(service.asked.at(-1)?.token).toBe("access-2");
});

test("the time limit of a call covers the refresh", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  service.hold = new Promise(() => {});
  await expect(client.getMe({}, { timeout: 5 })).rejects.toMatchObject({ name: "TimeoutError" });
  expect(status(client)).toBe("signed-in");
});

test("refreshTokens by hand is adopted", async () => {
  const { client, service } = await signedIn();
  expect((await client.refreshTokens()).data?.access_token).toBe("access-2");
  await client.getMe();
  expect(service.asked.at(-1)?.token).toBe("access-2");
});

function keychain(): TokenStorage & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    get: async () => kept.get("token"),
    set: async (token) => void kept.set("token", token),
    remove: async () => void kept.delete("token"),
  };
}

test("the refresh token in the body, kept by the app", async () => {
  const service = pretend("body");
  const storage = keychain();
  const make = (): Client =>
    createClient({ baseUrl, face: "bearer", refreshIn: "body", storage, fetch: service.fetch });
  const client = make();
  await client.issueTokens(ada);
  expect(service.asked[0]?.body).toEqual({ ...ada, refresh_in: "body" });
  expect(storage.kept.get("token")).toBe("refresh-1");
  later(EXPIRED);
  await client.getMe();
  expect(service.asked[1]?.body).toEqual({ refresh_token: "refresh-1" });
  expect(storage.kept.get("token")).toBe("refresh-2");

  const restarted = make();
  expect(await restarted.session.load()).toMatchObject({ status: "signed-in" });
  await restarted.signOut();
  expect(service.asked.at(-1)?.token).toBe("access-3");
  expect(storage.kept.size).toBe(0);
  expect((await restarted.getMe()).problem?.code).toBe("unauthenticated");
});

test("without an access token the refresh token says which session to end", async () => {
  const service = pretend("body");
  const storage = keychain();
  storage.set("refresh-1");
  const client = createClient({
    baseUrl,
    face: "bearer",
    refreshIn: "body",
    storage,
    fetch: service.fetch,
  });
  await client.signOut();
  expect(service.asked).toEqual([
    { method: "DELETE", path: "/v1/session", token: "refresh-1", body: undefined },
  ]);
});

test("in memory, unless the app says otherwise", async () => {
  const service = pretend("body");
  const client = createClient({ baseUrl, face: "bearer", refreshIn: "body", fetch: service.fetch });
  expect(await client.session.load()).toEqual({ status: "signed-out" });
  expect(service.count(REFRESH)).toBe(0);
  await client.issueTokens(ada);
  later(EXPIRED);
  expect((await client.getMe()).data).toEqual(session().user);
});
