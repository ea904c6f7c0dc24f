import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/index.js";
import { opened } from "../support/sessions.js";
import { type Service, startService } from "../support/testbed.js";

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

test("sign up, sign in, who am I, refresh, revoke", async () => {
  const ada = { email: "ada@example.org", password: "correct horse battery staple" };
  let access: string | undefined;
  const client = createClient({ baseUrl: service.url, token: () => access });

  await client.registerUser(ada);
  expect((await client.getSession()).problem?.code).toBe("unauthenticated");

  const issued = opened(await client.signIn(ada));
  expect(issued).toMatchObject({
    session: { mode: "token" },
    tokens: { token_type: "Bearer" },
  });
  access = issued.tokens?.access_token;
  const who = await client.getSession();
  expect(who.data).toMatchObject({ id: issued.session.id, mode: "token" });

  const { refresh_token } = issued.tokens ?? {};
  const refreshed = await client.refreshTokens({ refresh_token });
  expect(refreshed.data?.tokens?.refresh_token).not.toBe(refresh_token);
  access = refreshed.data?.tokens?.access_token;
  expect((await client.getSession()).data?.id).toBe(who.data?.id);

  const token = refreshed.data?.tokens?.refresh_token ?? "";
  expect((await client.revokeToken({ token })).problem).toBeUndefined();
  expect((await client.getSession()).problem?.status).toBe(401);
  expect((await client.refreshTokens({ refresh_token: token })).problem?.code).toBe(
    "invalid_refresh_token",
  );
});

test("signing out ends the session of the token", async () => {
  const eve = { email: "eve@example.org", password: "correct horse battery staple" };
  await createClient({ baseUrl: service.url }).registerUser(eve);
  let token = "";
  const client = createClient({ baseUrl: service.url, token: async () => token });
  token = opened(await client.signIn(eve)).tokens?.access_token ?? "";
  expect((await client.getMe()).data?.email).toBe(eve.email);
  expect((await client.signOut()).problem).toBeUndefined();
  expect((await client.getMe()).problem?.status).toBe(401);
});

test("a wrong token is a problem", async () => {
  const client = createClient({ baseUrl: service.url, token: "not.a.token" });
  expect((await client.getSession()).problem).toMatchObject({ status: 401, code: "invalid_token" });
});

test("a service that is not there throws", async () => {
  const client = createClient({ baseUrl: "http://localhost:1" });
  await expect(client.getSession()).rejects.toThrow(TypeError);
});
