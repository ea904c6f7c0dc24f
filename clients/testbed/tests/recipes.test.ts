import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

/** Inside this package, so that its name leads to it. */
const FOLDER = resolve(import.meta.dirname, "../.recipes");

const passed = (count: number): RegExp => new RegExp(`\\b${count} passed`);

/** What runs a recipe: its import says so. */
const RUNNERS = [
  {
    runs: /from "@bifrons\/testbed\/playwright"/,
    end: "spec.ts",
    command: "npx playwright test --config ../tests/playwright.config.ts",
    options: "",
    says: passed,
  },
  {
    runs: /from "vitest"/,
    end: "test.ts",
    command: "npx vitest run --config ../tests/vitest.config.ts",
    options: "",
    says: passed,
  },
  {
    runs: /from "@jest\/globals"/,
    end: "test.js",
    command: "npx jest --config ../tests/jest.config.json",
    options: "--experimental-vm-modules",
    says: passed,
  },
  {
    runs: /from "@bifrons\/testbed\/chaos"/,
    end: "chaos.spec.ts",
    command:
      "node ../dist/command.js chaos --most 2 -- playwright test --config ../tests/playwright.config.ts chaos.spec",
    options: "",
    says: () => /^Verdicts: 2, to mend: 0$/m,
  },
] as const;

let manual: string;

/** The blocks of docs/testing.md in a language. */
const blocks = (language: string): readonly string[] =>
  Array.from(
    manual.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms")),
    ([, code]) => code ?? "",
  );

/** The recipes, each a file of its own. */
let all: readonly string[];

beforeAll(async () => {
  // What the recipes import of `@bifrons/openapi`.
  const openapi = resolve(import.meta.dirname, "../../openapi");
  await promisify(execFile)("npm", ["run", "--silent", "generate"], { cwd: openapi });
  manual = await readFile(resolve(import.meta.dirname, "../../../docs/testing.md"), "utf8");
  all = blocks("[jt]s");
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  // The contract that a recipe verifies.
  await writeFile(join(FOLDER, "shop-bifrons.json"), blocks("json").join());
}, 60_000);

test("each recipe of docs/testing.md has one runner", () => {
  for (const code of all) {
    expect(
      RUNNERS.filter(({ runs }) => runs.test(code)),
      code,
    ).toHaveLength(1);
  }
  expect(all.length).toBeGreaterThan(5);
});

test.for(RUNNERS)(
  "the recipes for $command work as they are written",
  { timeout: 180_000 },
  async ({ runs, end, command, options, says }) => {
    const codes = all.filter((code) => runs.test(code));
    let count = 0;
    for (const [at, code] of codes.entries()) {
      count += code.match(/^ *test\("/gm)?.length ?? 0;
      await writeFile(join(FOLDER, `${at}.${end}`), code);
    }
    expect(count).toBeGreaterThan(0);
    const own = {
      CI: "1",
      FORCE_COLOR: "0",
      NO_COLOR: "1",
      NODE_OPTIONS: options,
      PACT_DO_NOT_TRACK: "1",
    };
    const env = { ...process.env, ...own, RECIPES: FOLDER };
    const [program = "", ...args] = command.split(" ");
    const ran = promisify(execFile)(program, args, { cwd: FOLDER, env });
    const { stdout, stderr } = await ran.catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    expect(stdout + stderr).toMatch(says(count));
  },
);
