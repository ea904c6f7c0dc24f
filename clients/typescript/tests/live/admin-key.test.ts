import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AdminClient, createAdminClient, isProblemError } from "../../src/admin/index.js";
import { type Operations, operationsOf } from "../support/admin-operations.js";
import { makeProject } from "../support/project.js";
import { examples, pointedAt } from "../support/readme.js";
import { type Service, startService } from "../support/service.js";

const SCOPES = [
  ...["users:read", "users:write", "sessions:write"],
  ...["audit:read", "webhooks:read", "webhooks:write"],
  ...["statistics:read", "mail:read", "keys:read"],
];

let service: Service;
beforeAll(async () => {
  service = await startService([], {
    BIFRONS_LIMITS__ENABLED: "false",
    BIFRONS_LOG__LEVEL: "error",
    BIFRONS_WEBHOOKS__PRIVATE_ADDRESSES: "true",
  });
});
afterAll(() => service?.stop());

/** A new key, as the command prints it. */
async function keyWith(name: string, ...scopes: string[]): Promise<string> {
  const options = ["--name", name, "--scopes", scopes.join(","), "--expires", "1h"];
  return (await service.command("admin-key", "create", ...options)).trim();
}

const clientOf = (adminKey: string): AdminClient =>
  createAdminClient({ baseUrl: service.url, adminKey });

describe("every operation, with an admin key", () => {
  let operations: ReturnType<typeof operationsOf>;
  beforeAll(async () => {
    operations = operationsOf(clientOf(await keyWith("all", ...SCOPES)), service.url);
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

test("a wrong key, a revoked one, and one with another scope", async () => {
  const codeOf = async (key: string): Promise<unknown> =>
    (await clientOf(key).listUsers()).problem?.code;
  expect(await codeOf(`bfa_${"A".repeat(64)}`)).toBe("invalid_admin_key");
  expect(await codeOf(await keyWith("auditor", "audit:read"))).toBe("scope_missing");

  const reader = await keyWith("reader", "users:read");
  expect(await codeOf(reader)).toBeUndefined();
  const list = await service.command("admin-key", "list", "--json");
  const keys = list
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  await service.command("admin-key", "revoke", keys.find(({ name }) => name === "reader").id);
  expect(await codeOf(reader)).toBe("invalid_admin_key");
});

test("a key gives the role admin to no user, and what is thrown does not show it", async () => {
  const key = await keyWith("writer", "users:write");
  const error: unknown = await clientOf(key)
    .throwing.createUser({ email: "root@example.org", roles: ["admin"] })
    .catch((thrown: unknown) => thrown);
  expect(isProblemError(error, "createUser") && error.code).toBe("admin_required");
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(key);
});

test("the examples for programs run as written", async () => {
  const project = await makeProject();
  try {
    const programs: string[] = [];
    for (const [page, section] of EXAMPLES) {
      const [program, ...others] = await examples(page, section);
      expect(others).toEqual([]);
      programs.push(pointedAt(service.url, program ?? ""));
    }
    expect(await project.check(...programs.map((program) => `${program}${OF_NODE}`))).toBe("");
    const env = { BIFRONS_ADMIN_KEY: await keyWith("example", ...SCOPES) };
    for (const program of programs) {
      expect(await project.run(program, env)).toContain("eve@example.org");
    }
  } finally {
    await project.remove();
  }
});

const OF_NODE = "declare const process: { env: Record<string, string | undefined> };";

/** The second goes on with the users of the first. */
const EXAMPLES = [
  ["README.md", "Administration"],
  ["../../docs/administration.md", "From TypeScript"],
] as const;
