import { afterAll, beforeAll, expect, test } from "vitest";
import { type Client, createClient } from "../../src/index.js";
import { cookieFetch } from "../support/cookies.js";
import { type Service, startService } from "../support/service.js";

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const ada = { email: "ada@example.org", password: "correct horse battery staple" };

function browser(): { client: Client; cookies: Map<string, string> } {
  const { fetch, cookies } = cookieFetch();
  return { client: createClient({ baseUrl: service.url, fetch }), cookies };
}

test("sign up, sign in, who am I, sign out", async () => {
  const { client, cookies } = browser();

  const registered = await client.registerUser({ ...ada, name: "Ada" });
  expect(registered.data).toMatchObject({ email: ada.email, name: "Ada" });
  expect(registered.response.status).toBe(201);
  expect((await client.getSession()).problem?.code).toBe("unauthenticated");

  const signedIn = await client.signIn({ ...ada, remember: true });
  expect(signedIn.data).toMatchObject({ face: "cookie", remember: true, user: { name: "Ada" } });
  expect([...cookies.keys()]).toEqual(["bifrons_session"]);

  const who = await client.getSession();
  expect(who.data?.id).toBe(signedIn.data?.id);
  expect((await client.getMe()).data).toEqual(who.data?.user);

  const signedOut = await client.signOut();
  expect(signedOut).toMatchObject({ data: undefined, response: { status: 204 } });
  expect(signedOut.problem).toBeUndefined();
  expect(cookies.size).toBe(0);
  expect((await client.getSession()).problem).toMatchObject({
    status: 401,
    code: "unauthenticated",
  });
});

test("problems say what is wrong", async () => {
  const { client } = browser();
  await client.registerUser(ada);
  expect((await client.registerUser(ada)).problem?.code).toBe("email_taken");
  expect((await client.signIn({ ...ada, password: "wrong wrong" })).problem?.code).toBe(
    "invalid_credentials",
  );

  const { problem } = await client.registerUser({ email: "bob@example.org", password: "short" });
  expect(problem?.code).toBe("validation_failed");
  expect(problem?.errors?.map(({ pointer }) => pointer)).toEqual(["/password"]);
});

test("a person changes what is theirs", async () => {
  const eve = { email: "eve@example.org", password: "a first password" };
  const { client } = browser();
  const other = browser();
  await client.registerUser(eve);
  await other.client.signIn(eve);
  await client.signIn(eve);

  expect((await client.updateMe({ name: "Eve" })).data?.name).toBe("Eve");
  expect((await client.updateMe({ name: null })).data).not.toHaveProperty("name");

  const sessions = (await client.listSessions({ limit: 10 })).data?.items ?? [];
  const mine = (await client.getSession()).data?.id;
  expect(sessions).toHaveLength(2);
  for (const { id } of sessions.filter((session) => session.id !== mine)) {
    expect((await client.endSession({ id })).problem).toBeUndefined();
  }
  expect((await other.client.getSession()).problem?.status).toBe(401);

  const change = { current_password: eve.password, new_password: "a second password" };
  expect((await client.changePassword(change)).data?.session.user.email).toBe(eve.email);
  expect((await client.reauthenticate({ password: eve.password })).problem?.code).toBe(
    "wrong_password",
  );
  expect((await client.reauthenticate({ password: "a second password" })).problem).toBeUndefined();
  expect((await client.deleteMe()).problem).toBeUndefined();
  expect((await client.getMe()).problem?.status).toBe(401);
});
