import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

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
  const papers = ["API.md", "CHANGELOG.md", "LICENSE", "README.md", "openapi.json"];
  expect(others.sort()).toEqual([...papers, "package.json", "problems.json"]);
});

test("carries the API's document, and the problems with their statuses and operations", async () => {
  const installed = join(folder, "node_modules/@bifrons/client");
  const read = (name: string): Promise<string> => readFile(join(installed, name), "utf8");
  expect(await read("openapi.json")).toBe(await readFile("../../openapi.json", "utf8"));
  const problems = JSON.parse(await read("problems.json")) as { code: string }[];
  expect(problems).toContainEqual({
    code: "email_taken",
    statuses: [409],
    operations: expect.arrayContaining(["registerUser"]),
  });
  expect(problems.length).toBeGreaterThan(10);
});

test("CommonJS programs load it, its lazy parts too", async () => {
  const program = `
    const { createClient, isProblemError } = require("@bifrons/client");
    const { connect } = require("@bifrons/client/core");
    const { query } = require("@bifrons/client/tanstack-query");
    const client = createClient({ baseUrl: "http://127.0.0.1:9", mode: "token" });
    client.diagnose().then(({ verdict }) =>
      console.log(verdict, typeof connect, query(client, "getMe").queryKey[1], isProblemError(1)),
    );
  `;
  await writeFile(join(folder, "program.cjs"), program);
  const { stdout } = await run(process.execPath, ["program.cjs"], { cwd: folder });
  expect(stdout).toBe("unreachable function getMe false\n");
});

test.each(["Node16", "NodeNext", "Bundler", "CommonJS"])(
  "its types hold with module %s",
  async (module) => {
    const inModules = module === "Bundler";
    const compilerOptions = {
      module: inModules ? "ESNext" : module,
      ...(inModules ? { moduleResolution: "Bundler" } : {}),
      ...(module === "CommonJS" ? { moduleResolution: "Node10" } : {}),
      ...{ lib: ["ES2022", "DOM"], types: [], target: "ES2022", strict: true, noEmit: true },
    };
    const name = inModules ? "use.ts" : "use.cts";
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: [name] }),
    );
    await writeFile(join(folder, name), USE_IN_FUNCTION);
    const tsc = resolve("node_modules/typescript/bin/tsc");
    const { stdout } = await run(process.execPath, [tsc, "-p", folder]).catch((error) => error);
    expect(stdout).toBe("");
  },
  60_000,
);

test("its license is the project's", async () => {
  const license = await readFile(join(folder, "node_modules/@bifrons/client/LICENSE"), "utf8");
  expect(license).toBe(await readFile("../../LICENSE", "utf8"));
});

test.each([
  ["typescript", ["ES2022", "DOM"]],
  ["typescript-6", ["ES2022", "DOM"]],
  ["typescript-6", ["ES2022"]],
  ["typescript-latest", ["ES2022", "DOM"]],
  ["typescript-latest", ["ES2022"]],
])(
  "its types hold with %s and %j",
  async (compiler, lib) => {
    const inBrowser = lib.includes("DOM");
    const compilerOptions = {
      lib,
      types: inBrowser ? [] : ["node"],
      typeRoots: [resolve("node_modules/@types")],
      module: "NodeNext",
      target: "ES2022",
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      // Only for the browser: Node's own types do not stand the check in every version.
      skipLibCheck: !inBrowser,
    };
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["use.mts"] }),
    );
    await writeFile(join(folder, "use.mts"), USE);
    const tsc = resolve(`node_modules/${compiler}/bin/tsc`);
    const { stdout } = await run(process.execPath, [tsc, "-p", folder]).catch((error) => error);
    expect(stdout).toBe("");
  },
  60_000,
);

const USE = `
import { createClient, type Session, type ProblemOf } from "@bifrons/client";
const client = createClient({ baseUrl: "https://auth.example.org", fetch, timeout: 5000 });
const { data, problem } = await client.signIn({ email: "a@b.c", password: "x", remember: undefined });
export const session: Session | undefined = data?.status === "signed-in" ? data.session : undefined;
export const code: ProblemOf<"signIn">["code"] | undefined = problem?.code;
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
