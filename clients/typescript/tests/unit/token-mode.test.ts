import { expect, test } from "vitest";
import type { Client } from "../../src/index.js";
import type { TokenStorage } from "../../src/runtime/storage.js";
import { fakeService } from "../support/fake-service.js";
import { session } from "../support/sessions.js";
import {
  ada,
  appOf,
  EXPIRED,
  later,
  pageOf,
  REFRESH,
  signedIn,
  status,
  stopClock,
} from "../support/token-mode.js";

stopClock();

test("signs in with the right refresh_in, and uses the token", async () => {
  const { client, service } = await signedIn();
  expect(service.asked[0]?.body).toEqual({ ...ada, mode: "token", refresh_in: "cookie" });
  expect(client.session.get()).toMatchObject({ status: "signed-in", user: { email: ada.email } });
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect(service.asked[1]?.token).toBe("access-1");
});

test("a new page finds its session by the cookie", async () => {
  const service = fakeService();
  service.valid = 3;
  const client = pageOf(service);
  expect(status(client)).toBe("unknown");
  expect(await client.session.load()).toMatchObject({ status: "signed-in" });
  expect(service.count(REFRESH)).toBe(1);
});

test("a new page without a session", async () => {
  const service = fakeService();
  const client = pageOf(service);
  expect(await client.session.load()).toEqual({ status: "signed-out" });
  await client.getMe();
  expect(service.count(REFRESH)).toBe(1);
});

test("signing out clears at once, also without a network", async () => {
  const { client, service } = await signedIn();
  const offline = pageOf({
    fetch: (url, init) =>
      init.method === "DELETE" ? Promise.reject(new TypeError("down")) : service.fetch(url, init),
  });
  await offline.signIn(ada);
  const leaving = offline.signOut();
  expect(offline.session.get()).toEqual({ status: "signed-out", reason: "signed_out" });
  await expect(leaving).rejects.toThrow("down");
  expect((await offline.getMe()).problem?.code).toBe("unauthenticated");

  await client.signOut();
  // The cookie names the session; a token that is over would keep it alive.
  expect(service.asked.at(-1)).toMatchObject({ method: "DELETE", token: undefined });
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
  const service = fakeService("body");
  const storage = keychain();
  const make = (): Client => appOf(service, storage);
  const client = make();
  await client.signIn(ada);
  expect(service.asked[0]?.body).toEqual({ ...ada, mode: "token", refresh_in: "body" });
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
  const service = fakeService("body");
  const storage = keychain();
  storage.set("refresh-1");
  const client = appOf(service, storage);
  await client.signOut();
  expect(service.asked).toEqual([
    { method: "DELETE", path: "/v1/session", token: "refresh-1", body: undefined },
  ]);
});

test("in memory, unless the app says otherwise", async () => {
  const service = fakeService("body");
  const client = appOf(service);
  expect(await client.session.load()).toEqual({ status: "signed-out" });
  expect(service.count(REFRESH)).toBe(0);
  await client.signIn(ada);
  later(EXPIRED);
  expect((await client.getMe()).data).toEqual(session().user);
});
