import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, getSession, registerUser, signIn } from "../../src/core.js";
import { createClient } from "../../src/index.js";
import { cookieFetch, DEVICE } from "../support/cookies.js";
import { opened } from "../support/sessions.js";
import { type Service, startService } from "../support/testbed.js";

const ada = { email: "ada@example.org", password: "correct horse battery staple" };

let service: Service;
beforeAll(async () => {
  service = await startService();
  await createClient({ baseUrl: service.url }).registerUser(ada);
});
afterAll(() => service?.stop());

test.each(["cookie", "body"] as const)("token mode, refresh token in the %s", async (refreshIn) => {
  const { fetch, cookies } = cookieFetch();
  const client = createClient({ baseUrl: service.url, mode: "token", refreshIn, fetch });
  const issued = opened(await client.signIn(ada));
  expect(issued.tokens?.refresh_token === undefined).toBe(refreshIn === "cookie");
  expect([...cookies.keys()]).toEqual(refreshIn === "cookie" ? ["bifrons_refresh", DEVICE] : []);
  expect(client.session.get()).toMatchObject({
    status: "signed-in",
    session: { mode: "token" },
  });

  expect((await client.reauthenticate({ password: ada.password })).problem?.code).toBeUndefined();
  expect((await client.getMe()).data?.email).toBe(ada.email);
  const refreshed = await client.refreshTokens();
  expect(refreshed.data?.session.id).toBe(issued.session.id);
  expect((await client.getMe()).data?.email).toBe(ada.email);

  expect((await client.signOut()).problem).toBeUndefined();
  expect([...cookies.keys()]).toEqual(refreshIn === "cookie" ? [DEVICE] : []);
  expect(client.session.get()).toMatchObject({ status: "signed-out", reason: "signed_out" });
  expect((await client.getMe()).problem?.code).toBe("unauthenticated");
});

test("signing out with an access token that is over ends the session all the same", async () => {
  for (const refreshIn of ["cookie", "body"] as const) {
    const { fetch, cookies } = cookieFetch();
    const client = createClient({ baseUrl: service.url, mode: "token", refreshIn, fetch });
    const issued = opened(await client.signIn(ada));
    const kept = new Map(cookies);
    const now = Date.now;
    Date.now = () => now() + 11 * 60_000;
    try {
      await client.signOut();
    } finally {
      Date.now = now;
    }
    for (const [name, value] of kept) cookies.set(name, value);
    const input = { refresh_token: issued.tokens?.refresh_token };
    const { problem } = await createClient({ baseUrl: service.url, fetch }).refreshTokens(input);
    expect(problem?.code).toBe("invalid_refresh_token");
  }
});

test("one operation, one function", async () => {
  const { fetch } = cookieFetch();
  const api = connect({ baseUrl: service.url, fetch });
  expect((await registerUser(api, ada)).problem?.code).toBe("email_taken");
  expect((await signIn(api, ada)).data).toMatchObject({ session: { user: { email: ada.email } } });
  expect((await getSession(api)).data?.mode).toBe("cookie");
});
