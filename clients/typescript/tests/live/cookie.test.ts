import { afterAll, beforeAll, expect, test } from "vitest";
import { type Client, createClient } from "../../src/index.js";
import { cookieFetch, DEVICE } from "../support/cookies.js";
import { opened } from "../support/sessions.js";
import { type Service, startService } from "../support/testbed.js";

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

function browser(): { client: Client; cookies: Map<string, string> } {
  const { fetch, cookies } = cookieFetch();
  return { client: createClient({ baseUrl: service.url, fetch }), cookies };
}

test("sign up, sign in, who am I, sign out", async () => {
  const ada = { email: "ada@example.org", password: "correct horse battery staple" };
  const { client, cookies } = browser();

  const registered = await client.registerUser({ ...ada, name: "Ada" });
  expect(registered.data).toMatchObject({ email: ada.email, name: "Ada" });
  expect(registered.response.status).toBe(201);
  expect((await client.getSession()).problem?.code).toBe("unauthenticated");

  const signedIn = opened(await client.signIn({ ...ada, remember: true }));
  expect(signedIn.session).toMatchObject({
    mode: "cookie",
    remember: true,
    user: { name: "Ada" },
  });
  expect([...cookies.keys()].sort()).toEqual([DEVICE, "bifrons_session"]);

  const who = await client.getSession();
  expect(who.data?.id).toBe(signedIn.session.id);
  expect((await client.getMe()).data).toEqual(who.data?.user);

  const signedOut = await client.signOut();
  expect(signedOut).toMatchObject({ data: undefined, response: { status: 204 } });
  expect(signedOut.problem).toBeUndefined();
  expect([...cookies.keys()]).toEqual([DEVICE]);
  expect((await client.getSession()).problem).toMatchObject({
    status: 401,
    code: "unauthenticated",
  });
});

test("problems say what is wrong", async () => {
  const { client } = browser();
  const bob = { email: "bob@example.org", password: "correct horse battery staple" };
  await client.registerUser(bob);
  expect((await client.registerUser(bob)).problem?.code).toBe("email_taken");
  expect((await client.signIn({ ...bob, password: "wrong wrong" })).problem?.code).toBe(
    "invalid_credentials",
  );

  const { problem } = await client.registerUser({ email: "carol@example.org", password: "short" });
  expect(problem?.code).toBe("validation_failed");
  expect(problem?.errors).toEqual([
    { field: "password", rule: "min_length", detail: expect.any(String), min: 8 },
  ]);
});

test("a person changes what is theirs", async () => {
  const eve = { email: "eve@example.org", password: "a first password" };
  const { client } = browser();
  const other = browser();
  await client.registerUser(eve);
  await other.client.signIn(eve);
  await client.signIn(eve);

  expect((await client.updateMe({ name: "Eve" })).data?.name).toBe("Eve");
  const unnamed = await client.updateMe({ name: null });
  expect(unnamed.problem).toBeUndefined();
  expect(unnamed.data?.name).toBeUndefined();

  const newest = (await client.listSessions({ limit: 1 })).data;
  expect(newest?.items).toMatchObject([{ current: true, mode: "cookie" }]);
  const oldest = (await client.listSessions({ after: newest?.next })).data;
  expect(oldest).toEqual({ items: [expect.objectContaining({ current: false })] });

  const id = oldest?.items[0]?.id ?? "";
  expect((await client.endSession({ id })).response.status).toBe(204);
  expect((await client.endSession({ id })).problem?.code).toBe("not_found");
  expect((await other.client.getSession()).problem?.code).toBe("invalid_session");

  await other.client.signIn(eve);
  expect((await client.endOtherSessions()).response.status).toBe(204);
  expect((await other.client.getSession()).problem?.code).toBe("invalid_session");

  const change = { current_password: eve.password, new_password: "a second password" };
  expect((await client.changePassword(change)).data?.session.user.email).toBe(eve.email);
  expect((await client.reauthenticate({ password: eve.password })).problem?.code).toBe(
    "wrong_password",
  );
  expect((await client.reauthenticate({ password: "a second password" })).problem).toBeUndefined();
  expect((await client.deleteMe()).problem).toBeUndefined();
  expect((await client.getMe()).problem?.status).toBe(401);
});
