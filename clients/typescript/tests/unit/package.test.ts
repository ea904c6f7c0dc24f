import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
let folder: string;
let packed: string[];

/** The package as a user installs it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifrons-package-"));
  const { stdout } = await run("npm", [
    "pack",
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    folder,
  ]);
  const report = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  packed = report[0]?.files.map(({ path }) => path) ?? [];
  const installed = join(folder, "node_modules/@bifrons/client");
  await mkdir(installed, { recursive: true });
  const archive = join(folder, report[0]?.filename ?? "");
  await run("tar", ["-xzf", archive, "-C", installed, "--strip-components=1"]);
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test("holds the built client and nothing else", () => {
  expect(packed).toEqual(expect.arrayContaining(["dist/index.js", "dist/index.d.ts", "README.md"]));
  const built = /^dist\/([a-z/-]+\.(js|js\.map|d\.ts)|cjs\/package\.json)$/;
  const others = packed.filter((path) => !built.test(path));
  const papers = ["API-admin.md", "API.md", "CHANGELOG.md", "LICENSE", "README.md"];
  const documents = ["openapi-admin.json", "openapi.json", "package.json", "problems.json"];
  expect(others.sort()).toEqual([...papers, ...documents]);
});

test("carries the API's documents, and the problems with their statuses and operations", async () => {
  const installed = join(folder, "node_modules/@bifrons/client");
  const read = (name: string): Promise<string> => readFile(join(installed, name), "utf8");
  for (const name of ["openapi.json", "openapi-admin.json"]) {
    expect(await read(name)).toBe(await readFile(`../../${name}`, "utf8"));
  }
  const problems = JSON.parse(await read("problems.json")) as { code: string }[];
  expect(problems).toContainEqual({
    code: "email_taken",
    statuses: [409],
    operations: expect.arrayContaining(["registerUser"]),
  });
  expect(problems).toContainEqual({
    code: "version_conflict",
    statuses: [409],
    operations: ["updateUser", "deleteUser", "updateWebhook", "deleteWebhook"],
  });
  expect(problems.length).toBeGreaterThan(10);
});

test("CommonJS programs load it, its lazy parts too", async () => {
  const program = `
    const { createClient, isProblemError } = require("@bifrons/client");
    const { createAdminClient } = require("@bifrons/client/admin");
    const { connect } = require("@bifrons/client/core");
    const { query } = require("@bifrons/client/tanstack-query");
    const client = createClient({ baseUrl: "http://127.0.0.1:9", mode: "token" });
    client.diagnose().then(({ verdict }) =>
      console.log(verdict, typeof connect, query(client, "getMe").queryKey[1], isProblemError(1)),
    );
    console.log(typeof createAdminClient(client).listUsers);
  `;
  await writeFile(join(folder, "program.cjs"), program);
  const { stdout } = await run(process.execPath, ["program.cjs"], { cwd: folder });
  expect(stdout).toBe("function\nunreachable function getMe false\n");
});

test("its license is the project's", async () => {
  const license = await readFile(join(folder, "node_modules/@bifrons/client/LICENSE"), "utf8");
  expect(license).toBe(await readFile("../../LICENSE", "utf8"));
});

/** Every check that the compiler has beyond `strict`. */
const STRICTEST = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUncheckedSideEffectImports: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  isolatedModules: true,
  noEmit: true,
  target: "ES2022",
};

/** What the compiler has to say about a program in that file: nothing if all is well. */
async function complaints(compiler: string, options: object, file: string): Promise<string> {
  const isModule = !file.endsWith(".cts");
  const compilerOptions = { ...STRICTEST, verbatimModuleSyntax: isModule, ...options };
  const config = JSON.stringify({ compilerOptions, files: [file] });
  await writeFile(join(folder, "tsconfig.json"), config);
  await writeFile(join(folder, file), isModule ? USE : USE_IN_FUNCTION);
  const tsc = resolve(`node_modules/${compiler}/bin/tsc`);
  const { stdout } = await run(process.execPath, [tsc, "-p", folder]).catch((error) => error);
  return stdout;
}

const MODES: readonly (readonly [mode: string, options: object, file: string])[] = [
  ["node16", { module: "Node16" }, "use.mts"],
  ["node16, required", { module: "Node16" }, "use.cts"],
  ["nodenext", { module: "NodeNext" }, "use.mts"],
  ["nodenext, required", { module: "NodeNext" }, "use.cts"],
  ["bundler", { module: "ESNext", moduleResolution: "Bundler" }, "use.ts"],
  ["CommonJS", { module: "CommonJS", moduleResolution: "Bundler" }, "use.cts"],
];

describe.each(["typescript-6", "typescript-latest"])(
  "with %s",
  (compiler) => {
    test.each(MODES)("its types hold in %s, libraries checked too", async (_, options, file) => {
      const lib = ["ES2022", "DOM"];
      expect(await complaints(compiler, { ...options, lib, types: [] }, file)).toBe("");
    });

    test("its types hold without those of browsers", async () => {
      // Node's own types do not stand the check in every version.
      const node = { types: ["node"], typeRoots: [resolve("node_modules/@types")] };
      const options = { module: "NodeNext", lib: ["ES2022"], ...node, skipLibCheck: true };
      expect(await complaints(compiler, options, "use.mts")).toBe("");
    });
  },
  60_000,
);

test("its types hold for a compiler that knows no exports", async () => {
  const old = { module: "CommonJS", moduleResolution: "Node10", lib: ["ES2022", "DOM"], types: [] };
  expect(await complaints("typescript", old, "use.cts")).toBe("");
}, 60_000);

const USE = `
import { createClient, type ProblemOf, type Session } from "@bifrons/client";
import { type AdminUser, createAdminClient, type ProblemOf as AdminProblemOf } from "@bifrons/client/admin";
import { connect } from "@bifrons/client/core";
import { visitorClient } from "@bifrons/client/nuxt";
import { parseSetCookie } from "@bifrons/client/set-cookie";
import { bifrons } from "@bifrons/client/sveltekit";
import { mutation } from "@bifrons/client/tanstack-query";
export const others = [connect, visitorClient, parseSetCookie, bifrons, mutation];
const client = createClient({ baseUrl: "https://auth.example.org", fetch, timeout: 5000 });
const { data, problem } = await client.signIn({ email: "a@b.c", password: "x", remember: undefined });
export const session: Session | undefined = data?.status === "signed-in" ? data.session : undefined;
export const code: ProblemOf<"signIn">["code"] | undefined = problem?.code;
const admin = createAdminClient(client);
const changed = await admin.updateUser({ id: "1", version: 7, roles: ["editor"] });
export const conflict: AdminProblemOf<"updateUser">["code"] | undefined = changed.problem?.code;
export const found: AdminUser[] = [];
for await (const user of admin.all("listUsers", { role: "editor" })) found.push(user);
// @ts-expect-error: nothing is untyped
export const wrong: number = data;
`;

/** Without top-level await, which CommonJS does not have. */
const USE_IN_FUNCTION = `
import { type Challenge, createClient, type SignedIn } from "@bifrons/client";
export async function use(): Promise<SignedIn | Challenge | undefined> {
  const client = createClient({ baseUrl: "https://auth.example.org", mode: "token" });
  return (await client.signIn({ email: "a@b.c", password: "x" })).data;
}
`;
