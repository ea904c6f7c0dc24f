import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Client, createClient } from "../../src/index.js";
import { type FakeService, fakeService } from "../support/fake-service.js";

const ada = { email: "ada@example.org", password: "secret" };
const REFRESH = "/v1/tokens/refresh";

/** A channel between the tabs of one test. */
class Channel {
  static readonly open = new Map<string, Set<Channel>>();
  onmessage: ((event: { data: unknown }) => void) | undefined;
  readonly others: Set<Channel>;

  constructor(name: string) {
    this.others = Channel.open.get(name) ?? new Set();
    Channel.open.set(name, this.others.add(this));
  }

  postMessage(message: unknown): void {
    for (const other of this.others) {
      if (other !== this) other.onmessage?.({ data: structuredClone(message) });
    }
  }
}

let service: FakeService;
beforeEach(() => {
  Channel.open.clear();
  vi.stubGlobal("document", {});
  vi.stubGlobal("BroadcastChannel", Channel);
  vi.useFakeTimers({ toFake: ["Date"], now: 0 });
  service = fakeService();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Two tabs that hear each other. */
async function twoTabs(): Promise<[Client, Client]> {
  const tabs = [tab(), tab()] as [Client, Client];
  await vi.waitFor(() => expect([...Channel.open.values()][0]?.size).toBe(2));
  return tabs;
}

/** Lets messages arrive. */
const settle = (): Promise<unknown> => new Promise((done) => setImmediate(done));

function tab(): Client {
  const client = createClient({
    baseUrl: "https://api.example",
    mode: "token",
    refreshIn: "cookie",
    fetch: service.fetch,
    development: false,
  });
  client.session.subscribe(() => {});
  return client;
}
const status = (client: Client): string => client.session.get().status;
const expire = (): unknown => vi.setSystemTime(Date.now() + 601_000);

function held(): () => void {
  let release = (): void => {};
  service.hold = new Promise((done) => {
    release = done;
  });
  return release;
}

test("the other tab uses one tab's token", async () => {
  const [one, other] = await twoTabs();
  await one.signIn(ada);
  await settle();
  expect((await other.getMe()).data).toBeDefined();
  expire();
  await one.getMe();
  await settle();
  expect((await other.getMe()).data).toBeDefined();
  expect(service.count(REFRESH)).toBe(1);
});

test("a refresh that ends after another tab signed out restores no session", async () => {
  const [one, other] = await twoTabs();
  await one.signIn(ada);
  await settle();
  expire();
  const release = held();
  const call = other.getMe();
  while (service.count(REFRESH) === 0) await Promise.resolve();
  await one.signOut();
  await settle();
  release();
  expect((await call).problem?.code).toBe("unauthenticated");
  expect([status(one), status(other)]).toEqual(["signed-out", "signed-out"]);
});

test("a refusal that arrives after another tab signed in ends no session", async () => {
  const [one, other] = await twoTabs();
  const release = held();
  // The refresh is sent while the user is signed out, and will be refused.
  const call = other.getMe();
  while (service.count(REFRESH) === 0) await Promise.resolve();
  await one.signIn(ada);
  await settle();
  service.refreshes.push(
    new Response('{"type":"","title":"","status":401,"code":"invalid_refresh_token"}', {
      status: 401,
      headers: { "content-type": "application/problem+json" },
    }),
  );
  release();
  expect((await call).data).toBeDefined();
  expect([status(one), status(other)]).toEqual(["signed-in", "signed-in"]);
});

test("a token that arrives after this tab signed out is ignored", async () => {
  const [one, other] = await twoTabs();
  await one.signIn(ada);
  await settle();
  await other.getMe();
  await one.signOut();
  await settle();
  const [channels] = Channel.open.values();
  const late = { access: { token: "late", expiresAt: Infinity, renewAt: Infinity } };
  for (const channel of channels ?? []) channel.onmessage?.({ data: late });
  expect((await one.getMe()).problem?.code).toBe("unauthenticated");
  expect(service.asked.some(({ token }) => token === "late")).toBe(false);
});
