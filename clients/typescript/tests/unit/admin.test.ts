import { inspect } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { table } from "../../src/admin/generated/table.js";
import { type AdminClient, createAdminClient, isProblemError } from "../../src/admin/index.js";
import { createClient, isProblemError as isPublicProblemError } from "../../src/index.js";
import { answering, empty, json, problem, type Sent } from "../support/answers.js";
import { session } from "../support/sessions.js";
import { ada, signedIn } from "../support/token-mode.js";

const baseUrl = "https://api.example";
const KEY = "bfa_0123456789";

afterEach(() => vi.unstubAllGlobals());

function withKey(...answers: Response[]): { admin: AdminClient; sent: Sent[] } {
  const { fetch, sent } = answering(...answers);
  return { admin: createAdminClient({ baseUrl, adminKey: KEY, fetch }), sent };
}

test("one method an operation, and the same with exceptions", () => {
  const { admin } = withKey();
  expect(Object.keys(admin)).toEqual([...Object.keys(table), "throwing", "all"]);
  expect(Object.keys(admin.throwing)).toEqual(Object.keys(table));
});

test("a key goes into the Authorization header of each call, and no cookie goes with it", async () => {
  const { admin, sent } = withKey(json(200, { items: [] }), empty());
  expect((await admin.listUsers({ status: "active", limit: 2 })).data).toEqual({ items: [] });
  await admin.endUserSession({ id: "s1" });
  expect(sent.map(({ url, init }) => [url, init.method, init.credentials])).toEqual([
    [`${baseUrl}/v1/admin/users?status=active&limit=2`, "GET", "omit"],
    [`${baseUrl}/v1/admin/sessions/s1`, "DELETE", "omit"],
  ]);
  for (const { init } of sent) expect(init.headers["authorization"]).toBe(`Bearer ${KEY}`);
});

test("a function gives the key of each call; the line end of a file is no part of it", async () => {
  const { fetch, sent } = answering(empty(), empty());
  let number = 0;
  const adminKey = (): string => `bfa_${++number}\n`;
  const admin = createAdminClient({ baseUrl, adminKey, fetch });
  await admin.enableUser({ id: "1" });
  await admin.enableUser({ id: "1" });
  const keys = sent.map(({ init }) => init.headers["authorization"]);
  expect(keys).toEqual(["Bearer bfa_1", "Bearer bfa_2"]);
});

test.each(["", "  ", "bfa_secret\nx: y", "bfa_se cret", "bfa_s\u00e9cret", undefined])(
  "%j is no key, and no error shows it",
  async (wrong) => {
    const { fetch, sent } = answering();
    const adminKey = wrong as string;
    const message = "adminKey is missing, or has characters that no key has";
    expect(() => createAdminClient({ baseUrl, adminKey, fetch })).toThrow(new TypeError(message));
    const admin = createAdminClient({ baseUrl, adminKey: () => adminKey, fetch });
    await expect(admin.listUsers()).rejects.toThrow(new TypeError(message));
    expect(sent).toEqual([]);
  },
);

test("nothing that a program prints shows the key", async () => {
  const down = async (): Promise<never> => {
    throw new TypeError("fetch failed");
  };
  const { admin } = withKey(problem(403, "scope_missing"), problem(401, "invalid_admin_key"));
  const answer = await admin.listUsers();
  const thrown = await admin.throwing.listUsers().catch((error: unknown) => error);
  const failed = await createAdminClient({ baseUrl, adminKey: KEY, fetch: down })
    .listUsers()
    .catch((error: unknown) => error);
  expect([answer.problem?.code, isProblemError(thrown), failed]).toMatchObject([
    "scope_missing",
    true,
    { message: "fetch failed" },
  ]);
  for (const shown of [admin, answer, thrown, failed]) {
    const printed = inspect(shown, { depth: 9, showHidden: true }) + JSON.stringify(shown);
    expect(printed).not.toContain(KEY);
    expect(printed.length).toBeGreaterThan(10);
  }
});

test("a page refuses a key, which its visitors could read", () => {
  vi.stubGlobal("document", {});
  expect(() => createAdminClient({ baseUrl, adminKey: KEY })).toThrow(/pass a client instead/);
});

test("the version goes into If-Match, in quotes", async () => {
  const { admin, sent } = withKey(json(200, { id: "1", version: 8 }), empty(), empty(), empty());
  expect((await admin.updateUser({ id: "1", version: 7, name: "Ada" })).data?.version).toBe(8);
  await admin.deleteUser({ id: "1", version: 8 });
  await admin.deleteUser({ id: "1", version: undefined });
  await admin.deleteUser({ id: "1", version: 9 }, { headers: { "If-Match": "*" } });
  expect(sent.map(({ init }) => [init.headers["if-match"], init.body])).toEqual([
    ['"7"', '{"name":"Ada"}'],
    ['"8"', undefined],
    [undefined, undefined],
    ["*", undefined],
  ]);
});

test("an operation without a version takes none", async () => {
  const { admin } = withKey();
  const input = { id: "1", version: 7 };
  await expect(admin.disableUser(input)).rejects.toThrow("Unknown input: version");
});

test("all items of a list, page after page", async () => {
  const { admin, sent } = withKey(
    json(200, { items: [{ id: "3" }, { id: "2" }], next: "2" }),
    json(200, { items: [], next: "1" }),
    json(200, { items: [{ id: "0" }] }),
  );
  const seen: string[] = [];
  for await (const { id } of admin.all("listUsers", { role: "editor" })) {
    seen.push(id);
    if (id === "2") expect(sent).toHaveLength(1);
  }
  expect(seen).toEqual(["3", "2", "0"]);
  expect(sent.map(({ url }) => new URL(url).search)).toEqual([
    "?role=editor",
    "?role=editor&after=2",
    "?role=editor&after=1",
  ]);
});

test("a list begins where the caller says, and a problem in it is thrown", async () => {
  const { admin, sent } = withKey(
    json(200, { items: [{ id: "s2" }], next: "s2" }),
    problem(404, "not_found"),
  );
  const sessions = admin.all("listUserSessions", { id: "1", after: "s3" }, { timeout: 1000 });
  expect((await sessions.next()).value).toEqual({ id: "s2" });
  const error = await sessions.next().catch((thrown: unknown) => thrown);
  expect(isProblemError(error, "listUserSessions") && error.code).toBe("not_found");
  expect(sent[0]?.url).toBe(`${baseUrl}/v1/admin/users/1/sessions?after=s3`);
});

test("errors of the two APIs are told apart", async () => {
  const { admin } = withKey(problem(409, "version_conflict"));
  const error: unknown = await admin.throwing.deleteUser({ id: "1" }).catch((thrown) => thrown);
  expect(isProblemError(error)).toBe(true);
  expect(isProblemError(error, "deleteUser")).toBe(true);
  expect(isProblemError(error, "updateUser")).toBe(false);
  const { fetch } = answering(problem(401, "unauthenticated"));
  const other: unknown = await createClient({ baseUrl, fetch })
    .throwing.getMe()
    .catch((thrown) => thrown);
  expect([isPublicProblemError(other), isProblemError(other)]).toEqual([true, false]);
  expect(isProblemError(new Error("no"))).toBe(false);
});

test("of a client: its cookies, its headers, and the end of its session", async () => {
  const { fetch, sent } = answering(
    json(200, { status: "signed-in", session: session() }),
    json(200, { items: [] }),
    problem(403, "reauthentication_required"),
    problem(401, "invalid_session"),
  );
  const client = createClient({ baseUrl, fetch, headers: { traceparent: "00-1" } });
  const admin = createAdminClient(client);
  await client.signIn(ada);
  await admin.listUsers();
  expect(sent[1]?.init).toMatchObject({ credentials: "include", headers: { traceparent: "00-1" } });
  expect(sent[1]?.init.headers).not.toHaveProperty("authorization");

  expect((await admin.disableUser({ id: "1" })).problem?.code).toBe("reauthentication_required");
  expect(client.session.get().status).toBe("signed-in");
  expect((await admin.listUsers()).problem?.code).toBe("invalid_session");
  expect(client.session.get()).toMatchObject({ status: "signed-out", reason: "revoked" });
});

test("ending the own session signs the client out", async () => {
  const { fetch } = answering(
    json(200, { status: "signed-in", session: session() }),
    empty(),
    empty(),
  );
  const client = createClient({ baseUrl, fetch });
  const admin = createAdminClient(client);
  await client.signIn(ada);
  await admin.endUserSession({ id: "another" });
  expect(client.session.get().status).toBe("signed-in");
  await admin.endUserSession({ id: "s1" });
  expect(client.session.get()).toMatchObject({ status: "signed-out", reason: "signed_out" });
});

test("of a client in token mode: its token, renewed once when the service refuses it", async () => {
  const { client, service } = await signedIn();
  const admin = createAdminClient(client);
  await admin.getUser({ id: "1" });
  service.valid += 1;
  expect((await admin.getUser({ id: "1" })).problem).toBeUndefined();
  expect(service.count("/v1/tokens/refresh")).toBe(1);
  const asked = service.asked.filter(({ path }) => path === "/v1/admin/users/1");
  expect(asked.map(({ token }) => token)).toEqual(["access-1", "access-1", "access-3"]);
});
