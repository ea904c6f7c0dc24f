import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { operationsOf } from "../src/document.js";
import { PARTS } from "../src/usage/parts.js";
import { usageIn } from "../src/usage/usage.js";
import { read } from "./support/edit.js";

const OPERATIONS = new Set(operationsOf(read()).map(({ id }) => id));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bifrons-usage-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes files, and gives the operations that they use: `getMe at a.ts:2`. */
function used(files: Readonly<Record<string, string>>): string[] {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return [...usageIn(folder, OPERATIONS)].flatMap(([id, places]) =>
    places.map((place) => `${id} at ${place}`),
  );
}

/** A client with types, linked as in a workspace. */
function install(): void {
  const client = join(folder, "linked");
  const files = {
    "package.json": '{ "name": "@bifrons/client", "types": "./index.d.ts" }',
    "index.d.ts": `
      export interface Methods { getMe(): Promise<void>; verify(): Promise<void>; signOut(): Promise<void> }
      export interface Client extends Methods { readonly throwing: { [Id in keyof Methods]: Methods[Id] } }
      export declare function createClient(): Client;`,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(client, { recursive: true });
    writeFileSync(join(client, name), text);
  }
  mkdirSync(join(folder, "node_modules/@bifrons"), { recursive: true });
  symlinkSync(client, join(folder, "node_modules/@bifrons/client"));
}

test("functions that are imported", () => {
  expect(
    used({
      "a.ts":
        'import { connect, getMe as me, type User } from "@bifrons/client/core";\nme(connect({}));',
      "b.ts": 'import * as api from "@bifrons/client/core";\n\napi.signOut(x);',
      "c.cjs": 'const { verify } = require("@bifrons/client/core");',
    }),
  ).toEqual(["getMe at a.ts:1", "signOut at b.ts:3", "verify at c.cjs:1"]);
});

test("methods of a client that another file made", () => {
  expect(
    used({
      "client.js":
        'import { createClient } from "@bifrons/client";\nexport const auth = createClient({});',
      "a.tsx":
        'import { auth } from "./client.js";\nexport const A = () => <b onClick={() => auth.throwing.signOut()} />;',
      "b.mts":
        'import { auth } from "./client.js";\nconst { getMe: me } = auth;\nauth["verify"]();',
    }),
  ).toEqual([
    "getSession at client.js:1",
    "refreshTokens at client.js:1",
    "signOut at a.tsx:2",
    "getMe at b.mts:2",
    "verify at b.mts:3",
  ]);
});

test("names that are passed on", () => {
  const text =
    'import { query } from "@bifrons/client/tanstack-query";\nuse(query(client, "getMe"));';
  expect(used({ "a.ts": text, "b.ts": 'log("signOut");' })).toEqual(["getMe at a.ts:2"]);
});

test("the admin client", () => {
  writeFileSync(
    join(folder, "a.ts"),
    'import { createAdminClient } from "@bifrons/client/admin";\nconst admin = createAdminClient({});\nadmin.getUser({ id });\nadmin.all("listUsers");',
  );
  expect([...usageIn(folder, new Set(["getUser", "listUsers", "deleteUser"]))]).toEqual([
    ["getUser", ["a.ts:3"]],
    ["listUsers", ["a.ts:4"]],
  ]);
});

test("scripts of components", () => {
  expect(
    used({
      "a.vue":
        '<template><p /></template>\n<script setup lang="ts">\nimport { getMe } from "@bifrons/client/core";\n</script>',
      "b.svelte":
        '<script>\n  import { signOut } from "@bifrons/client/core";\n</script>\n<p>getMe</p>',
    }),
  ).toEqual(["getMe at a.vue:3", "signOut at b.svelte:2"]);
});

test("parts of the client call operations by themselves", () => {
  const text = 'import { createClient } from "@bifrons/client";\nclient.passkeys.signIn();';
  const names = used({ "a.ts": text }).map((one) => one.split(" ")[0]);
  expect(new Set(names)).toEqual(
    new Set([...(PARTS.get("createClient") ?? []), ...(PARTS.get("passkeys") ?? [])]),
  );
});

test("these are the parts that call operations, and the operations that they call", () => {
  const source = (name: string): string => readFileSync(resolve("../typescript/src", name), "utf8");
  const calls = (text: string, pattern: RegExp): Set<string | undefined> =>
    new Set(
      Array.from(text.matchAll(pattern), ([, id]) => id).filter((id) => OPERATIONS.has(id ?? "")),
    );
  const part = (name: string): Set<string> => new Set(PARTS.get(name));
  expect(calls(source("client.ts"), /\b(?:table|throwing)\.(\w+)/g)).toEqual(
    new Set([...part("createClient"), ...part("getAccessToken")]),
  );
  expect(calls(source("diagnose.ts"), /\bclient\.(\w+)\(/g)).toEqual(part("diagnose"));
  expect(calls(source("passkeys.ts"), /\b(\w*Passkey\w*)\b/g)).toEqual(part("passkeys"));
});

test("what is declared elsewhere is not of the client, though it has the name of an operation", () => {
  install();
  expect(
    used({
      "a.ts": [
        'import { createClient } from "@bifrons/client";',
        "const client = createClient();",
        "const signature = { verify: () => true };",
        "signature.verify();",
        "client.getMe();",
        "const { signOut } = client.throwing;",
      ].join("\n"),
      "tsconfig.json": '{ "compilerOptions": { "strict": true } }',
    }).filter((one) => !one.includes(":1")),
  ).toEqual(["getMe at a.ts:5", "signOut at a.ts:6"]);
});

test("where nothing can be found, that is said", () => {
  expect(() => used({ "a.ts": "client.getMe();" })).toThrow("None of the 1 files in");
  const unused = { "a.ts": 'import type { User } from "@bifrons/client";' };
  expect(() => used(unused)).toThrow("calls no operation");
});

test("the examples of the repository", () => {
  const usage = usageIn("../examples/spa", OPERATIONS);
  expect([...usage.keys()]).toEqual(expect.arrayContaining(["registerUser", "confirmTotp"]));
  expect(usage.has("verify")).toBe(false);
});
