import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Document } from "../../scripts/generate/document.js";
import { compare, hint } from "../../scripts/spec-diff/compare.js";

const run = promisify(execFile);
const read = async (): Promise<Document> =>
  JSON.parse(await readFile("../../openapi.json", "utf8")) as Document;

// biome-ignore lint/suspicious/noExplicitAny: the tests reach deep into a document
type Edit = (document: any) => void;

async function changes(edit: Edit): Promise<string[]> {
  const after = structuredClone(await read());
  edit(after);
  return compare(await read(), after).map(({ kind, what }) => `${kind} ${what}`);
}

test("nothing", async () => {
  expect(await changes(() => {})).toEqual([]);
  expect(hint([])).toContain("patch");
});

const schemas = (document: { components: { schemas: unknown } }): unknown =>
  document.components.schemas;

test.each<[string, Edit, string]>([
  ["an operation goes", (d) => delete d.paths["/v1/me"].get, "breaking getMe is gone"],
  [
    "an operation comes",
    (d) => {
      d.paths["/v1/you"] = { get: { ...d.paths["/v1/me"].get, operationId: "getYou" } };
    },
    "additive getYou is new",
  ],
  [
    "an operation moves",
    (d) => {
      d.paths["/v1/myself"] = d.paths["/v1/me"];
      delete d.paths["/v1/me"];
    },
    "breaking getMe: is GET /v1/myself now, which deployed clients do not call",
  ],
  [
    "an optional input comes",
    (d) =>
      Object.assign(d.components.schemas.SignInRequest.properties, { code: { type: "string" } }),
    'additive signIn: "code" is new (sent)',
  ],
  [
    "a required input comes",
    (d) => {
      d.components.schemas.SignInRequest.properties.code = { type: "string" };
      d.components.schemas.SignInRequest.required.push("code");
    },
    'breaking signIn: "code" is new (sent)',
  ],
  [
    "an input becomes required",
    (d) => d.components.schemas.SignInRequest.required.push("remember"),
    'breaking signIn: "remember" is required now (sent)',
  ],
  [
    "a field of an answer goes",
    (d) => delete d.components.schemas.User.properties.email,
    'breaking signIn.user: "email" is not answered any more',
  ],
  [
    "a field of an answer comes",
    (d) => Object.assign(d.components.schemas.User.properties, { phone: { type: "string" } }),
    'additive getMe: "phone" is new (answered)',
  ],
  [
    "a field of an answer may be missing",
    (d) => d.components.schemas.User.required.splice(0, 1),
    'breaking getMe: "id" is optional now (answered)',
  ],
  [
    "a field changes its type",
    (d) => Object.assign(d.components.schemas.Tokens.properties.expires_in, { type: "string" }),
    "breaking issueTokens.expires_in: is of another type (answered)",
  ],
  [
    "a role comes",
    (d) => d.components.schemas.Role.enum.push("guest"),
    'additive getMe.role: "guest" is new (answered)',
  ],
  [
    "a way to send goes",
    (d) => d.components.schemas.RefreshIn.enum.splice(0, 1),
    'breaking issueTokens.refresh_in: "body" is gone (sent)',
  ],
  [
    "a query goes",
    (d) => d.paths["/v1/me/sessions"].get.parameters.splice(0, 1),
    'breaking listSessions: "limit" is not taken any more',
  ],
  [
    "a problem comes",
    (d) => {
      const problem = d.paths["/v1/me"].get.responses["401"].content["application/problem+json"];
      problem.schema.allOf[1].properties.code.enum.push("locked");
    },
    'additive getMe: may have the problem "locked"',
  ],
])("%s", async (_, edit, expected) => {
  const found = await changes(edit);
  expect(found).toContain(expected);
});

test("on the command line", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bifrons-diff-"));
  const after = structuredClone(await read());
  delete (schemas(after as never) as Record<string, { properties: Record<string, unknown> }>)[
    "User"
  ]?.properties["name"];
  const path = join(folder, "new.json");
  await writeFile(path, JSON.stringify(after));
  const tsx = "node_modules/tsx/dist/cli.mjs";
  const { stdout } = await run(process.execPath, [
    tsx,
    "scripts/spec-diff.ts",
    "../../openapi.json",
    path,
  ]);
  expect(stdout).toContain('breaking: getMe: "name" is not answered any more');
  expect(stdout).toContain("=> major");
  await rm(folder, { recursive: true });
});
