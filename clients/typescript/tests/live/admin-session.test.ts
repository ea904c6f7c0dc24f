import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AdminClient, createAdminClient } from "../../src/admin/index.js";
import { type Client, createClient } from "../../src/index.js";
import { type Operations, operationsOf } from "../support/admin-operations.js";
import { cookieFetch } from "../support/cookies.js";
import { makeProject } from "../support/project.js";
import { blocksOf } from "../support/readme.js";
import { type Service, startService } from "../support/testbed.js";

const PASSWORD = "correct horse battery";
/** Of authenticator apps: each code is good once. */
const STEP = 30;

let service: Service;
beforeAll(async () => {
  service = await startService({ BIFRONS_WEBHOOKS__PRIVATE_ADDRESSES: "true" });
});
afterAll(() => service?.stop());

interface Administrator {
  readonly id: string;
  readonly client: Client;
  readonly admin: AdminClient;
  /** The next code of the authenticator app. */
  code(): Promise<string>;
}

/** A page's client of an administrator who has signed in with two factors. */
async function administrator(mode: "cookie" | "token" = "cookie"): Promise<Administrator> {
  const { testbed, url } = service;
  const user = await testbed.user({ roles: ["admin"], factors: ["totp"] });
  const code = async (): Promise<string> => {
    await testbed.advance(STEP);
    return testbed.totp(user);
  };
  const { fetch } = cookieFetch();
  const client = createClient({ baseUrl: url, mode, fetch });
  const { data } = await client.signIn({ email: user.email, password: PASSWORD });
  if (data?.status !== "challenge") throw new Error("The sign-in demands no second factor");
  const proof = { factor: "totp", code: await code(), token: data.token } as const;
  await client.throwing.completeSignIn(proof);
  return { id: user.id, client, admin: createAdminClient(client), code };
}

describe("every operation, on the session of an administrator", () => {
  let operations: ReturnType<typeof operationsOf>;
  beforeAll(async () => {
    operations = operationsOf((await administrator()).admin, service.url);
  });

  // The names alone: the operations need the service.
  const names = Object.keys(operationsOf({} as AdminClient, "")) as (keyof Operations)[];
  test.each(names)("%s", async (name) => {
    const { works, data, fails, code } = operations[name];
    const done = await works();
    expect([done.problem?.code, done.response.ok]).toEqual([undefined, true]);
    if (data) expect(done.data).toMatchObject(data);
    else expect(done.data).toBeUndefined();
    expect((await fails()).problem?.code).toBe(code);
  });
});

test.each(["cookie", "token"] as const)("a stale session, in mode %s", async (mode) => {
  const { client, admin, code } = await administrator(mode);
  expect((await admin.listUsers({ limit: 1 })).problem).toBeUndefined();
  const { session } = client.session.get();
  await service.testbed.expire(session?.id ?? "", "fresh");
  // The access token says when the user authenticated.
  if (mode === "token") await client.throwing.refreshTokens();

  const { problem, response } = await admin.listUsers({ limit: 1 });
  expect([response.status, problem?.code]).toEqual([403, "reauthentication_required"]);
  expect(client.session.get().status).toBe("signed-in");
  await client.throwing.reauthenticate({ password: PASSWORD, totp: await code() });
  expect((await admin.listUsers({ limit: 1 })).data?.items).toHaveLength(1);
});

test("in token mode the admin client has the renewed tokens of the client", async () => {
  const { client, admin } = await administrator("token");
  await service.testbed.expire(client.session.get().session?.id ?? "", "access");
  expect((await admin.listUsers({ limit: 1 })).problem).toBeUndefined();
});

test("whom the service refuses, and why", async () => {
  const codeOf = async (user: Parameters<Service["testbed"]["user"]>[0]): Promise<unknown> => {
    const { email } = await service.testbed.user(user);
    const client = createClient({ baseUrl: service.url, mode: "token" });
    await client.throwing.signIn({ email, password: PASSWORD });
    return (await createAdminClient(client).listUsers()).problem?.code;
  };
  expect(await codeOf({ roles: ["editor"] })).toBe("admin_required");
  expect(await codeOf({ roles: ["admin"] })).toBe("second_factor_required");
  const signedOut = createAdminClient(createClient({ baseUrl: service.url }));
  expect((await signedOut.listUsers()).problem?.code).toBe("unauthenticated");
});

test("two administrators change one user: the second reads again", async () => {
  const [grace, alan] = [await administrator(), await administrator()];
  const { user } = await grace.admin.throwing.createUser({ email: "both@example.org" });
  const read = { id: user.id, version: user.version };
  const first = await grace.admin.throwing.updateUser({ ...read, roles: ["editor"] });
  const { problem } = await alan.admin.updateUser({ ...read, roles: ["reader"] });
  expect(problem).toMatchObject({ status: 409, code: "version_conflict" });

  const { id, version, roles } = await alan.admin.throwing.getUser({ id: user.id });
  expect([version, roles]).toEqual([first.version, ["editor"]]);
  await alan.admin.throwing.updateUser({ id, version, roles: [...roles, "reader"] });
  const { data } = await grace.admin.getUser({ id });
  expect(data?.roles).toEqual(["editor", "reader"]);
});

test("all users, two a page", async () => {
  const { admin } = await administrator();
  for (const name of ["one", "two", "three", "four", "five"]) {
    await admin.throwing.createUser({ email: `${name}@paged.example.org`, roles: ["paged"] });
  }
  const emails: string[] = [];
  for await (const { email } of admin.all("listUsers", { role: "paged", limit: 2 })) {
    emails.push(email);
  }
  const newestFirst = ["five", "four", "three", "two", "one"];
  expect(emails).toEqual(newestFirst.map((name) => `${name}@paged.example.org`));
});

test("an administrator who ends the own session is signed out", async () => {
  const { client, admin } = await administrator();
  const id = client.session.get().session?.id ?? "";
  expect((await admin.endUserSession({ id })).response.status).toBe(204);
  expect(client.session.get()).toMatchObject({ status: "signed-out", reason: "signed_out" });
  expect((await admin.listUsers()).problem?.status).toBe(401);
});

test("the example for pages runs as written", async () => {
  const [block, ...others] = (await blocksOf("README.md", "Administration")).filter(
    ({ language }) => language === "js",
  );
  expect(others).toEqual([]);
  const { testbed, url } = service;
  const grace = await testbed.user({ roles: ["admin"], factors: ["totp"] });
  const eve = await testbed.user({ name: "Eve" });
  await testbed.advance(STEP);
  const project = await makeProject();
  try {
    const printed = await project.run(`
      import { createClient } from "@bifrons/client";
      const client = createClient({ baseUrl: "${url}", mode: "token" });
      const grace = { email: "${grace.email}", password: "${PASSWORD}" };
      const { token } = await client.throwing.signIn(grace);
      await client.throwing.completeSignIn({ token, factor: "totp", code: "${await testbed.totp(grace)}" });
      ${block?.code}
      console.log(await giveRole("${eve.id}", "editor"));
    `);
    expect(printed).toBe("done\n");
    const { admin } = await administrator();
    expect((await admin.getUser({ id: eve.id })).data?.roles).toEqual(["editor"]);
  } finally {
    await project.remove();
  }
});
