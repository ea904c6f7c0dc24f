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
  const others = packed.filter((path) => !/^dist\/[a-z/-]+\.(js|js\.map|d\.ts)$/.test(path));
  const papers = ["API.md", "CHANGELOG.md", "LICENSE", "README.md", "package.json"];
  expect(others.sort()).toEqual(papers);
});

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
export const session: Session | undefined = data?.session;
export const code: ProblemOf<"signIn">["code"] | undefined = problem?.code;
// @ts-expect-error: nothing is untyped
export const wrong: number = data;
`;
