import { expect, test as plain } from "vitest";
import { attach, ControlError, start } from "../src/index.js";
import { testbedTest } from "../src/vitest.js";

const test = testbedTest({
  now: "2026-01-01T09:00:00Z",
  users: [{ email: "grace@example.com" }],
  settings: { BIFRONS_PAGES__RESET_PASSWORD: "http://localhost:5173/reset" },
});

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const session = (url: string, cookie: string): Promise<Response> =>
  fetch(`${url}/v1/session`, { headers: { cookie } });

const code = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { code: string }).code;

test("a user has ready credentials, which go bad on demand", async ({ testbed }) => {
  const ada = await testbed.user({ email: "ada@example.com", sign_in: "cookie" });
  const { cookie, session_id: id, storage_state: stored } = ada.credentials ?? {};
  if (cookie === undefined || id === undefined) throw new Error("signed in");
  expect(stored?.cookies[0]).toMatchObject({ domain: "localhost", httpOnly: true });
  expect((await session(testbed.url, cookie)).status).toBe(200);
  await testbed.expire(id, "revoked");
  expect(await code(await session(testbed.url, cookie))).toBe("invalid_session");
  await expect(testbed.expire(id, "idle")).rejects.toThrow("no live session");
});

test("each test finds the service as it was", async ({ testbed }) => {
  const [grace] = await testbed.reset();
  expect(grace).toEqual({
    id: "019b78c9-0a80-7000-8000-000000000001",
    email: "grace@example.com",
    password: "correct horse battery",
    recovery_codes: [],
  });
  expect(await testbed.now()).toEqual(new Date("2026-01-01T09:00:00Z"));
  expect(await testbed.events()).toEqual([]);
});

test("faults happen, and only those that the document lists", async ({ testbed }) => {
  const signIn = `${testbed.url}/v1/session`;
  const grace = { email: "grace@example.com", password: "correct horse battery" };
  await testbed.fault({ operation: "signIn", code: "unavailable", times: 2, retry_after: 3 });
  const refused = await post(signIn, grace);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "3"]);
  await testbed.clearFaults();
  expect((await post(signIn, grace)).status).toBe(200);
  const wrong = testbed.fault({ operation: "signIn", code: "not_found" });
  const error = await wrong.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ControlError);
  const possible = (await testbed.possibleFaults()).get("signIn") ?? [];
  expect((error as ControlError).problem.possible).toEqual(possible);
  expect(possible).toContain("invalid_credentials");
  await testbed.database("read_only");
  expect(
    (await post(`${testbed.url}/v1/users`, { ...grace, email: "eve@example.com" })).status,
  ).toBe(503);
  const ready = async () => (await fetch(`${testbed.url}/health/ready`)).status;
  await testbed.database("slow", 1);
  expect(await ready()).toBe(200);
  await testbed.database("away");
  expect(await ready()).toBe(503);
});

test("mail arrives, time passes, and the log says so", async ({ testbed }) => {
  await post(`${testbed.url}/v1/password/forgot`, { email: "grace@example.com" });
  const { link, token } = await testbed.mail("grace@example.com");
  expect(link).toBe(`http://localhost:5173/reset#${token}`);
  await testbed.advance(31 * 60);
  const late = await post(`${testbed.url}/v1/password/reset`, {
    token,
    new_password: "another horse",
  });
  expect(await code(late)).toBe("invalid_one_time_token");
  await testbed.setClock(new Date("2026-02-01T00:00:00Z"));
  expect(await testbed.mails("eve@example.com")).toEqual([]);
  const before = (await testbed.events()).at(-1)?.number ?? 0;
  await post(`${testbed.url}/v1/session`, {
    email: "grace@example.com",
    password: "wrong password",
  });
  expect((await testbed.events(before)).map(({ fields }) => fields)).toMatchObject([
    { event: "sign_in_refused" },
  ]);
  expect((await testbed.log(before)).map(({ fields }) => fields)).toContainEqual(
    expect.objectContaining({ operation: "signIn", status: 401 }),
  );
});

test("a sign-in with a second factor", async ({ testbed }) => {
  const user = await testbed.user({ factors: ["totp"] });
  const { email, password } = user;
  const started = await post(`${testbed.url}/v1/session`, { email, password, mode: "token" });
  const { token } = (await started.json()) as { token: string };
  const answer = { token, factor: "totp", code: await testbed.totp(user) };
  expect((await post(`${testbed.url}/v1/session/challenge`, answer)).status).toBe(200);
});

plain("eight workers have a service each, and a closed one is gone", async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => start()));
  const urls = new Set(all.map(({ url }) => url));
  expect(urls.size).toBe(8);
  await Promise.all(
    all.map(async (testbed, worker) => {
      const { credentials } = await testbed.user({
        email: `${worker}@example.com`,
        sign_in: "cookie",
      });
      const answer = await session(testbed.url, credentials?.cookie ?? "");
      const { user } = (await answer.json()) as { user: { email: string } };
      expect(user.email).toBe(`${worker}@example.com`);
      await testbed.close();
      await expect(fetch(testbed.url)).rejects.toThrow();
    }),
  );
});

plain("what goes wrong at the start is said", async () => {
  await expect(start({ settings: { BIFRONS_DATABASE__URL: "sqlite:x" } })).rejects.toThrow(
    "BIFRONS_DATABASE__URL",
  );
  await expect(start({ binary: "/nowhere/bifrons-testbed" })).rejects.toThrow("ENOENT");
  expect(attach).toThrow("bifrons-testbed -- COMMAND");
});
