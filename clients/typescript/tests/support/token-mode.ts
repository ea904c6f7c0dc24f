import { afterEach, beforeEach, vi } from "vitest";
import { type Client, createClient } from "../../src/index.js";
import type { TokenStorage } from "../../src/runtime/storage.js";
import { type FakeService, fakeService } from "./fake-service.js";

const baseUrl = "https://api.example";
export const ada = { email: "ada@example.org", password: "secret" };
export const REFRESH = "/v1/tokens/refresh";
/** After that, an access token is over. */
export const EXPIRED = 601_000;

/** Stops the clock for every test of a file. */
export function stopClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Moves the clock; nothing in the client waits for it. */
export const later = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);

/** A page's client of that service. */
export const pageOf = ({ fetch }: Pick<FakeService, "fetch">, timeout?: number): Client =>
  createClient({ baseUrl, mode: "token", refreshIn: "cookie", fetch, timeout });

/** An app's client of that service. */
export const appOf = ({ fetch }: FakeService, storage?: TokenStorage): Client =>
  createClient({ baseUrl, mode: "token", refreshIn: "body", fetch, storage });

export async function signedIn(): Promise<{ client: Client; service: FakeService }> {
  const service = fakeService();
  const client = pageOf(service);
  await client.signIn(ada);
  return { client, service };
}

export const status = (client: Client): string => client.session.get().status;
