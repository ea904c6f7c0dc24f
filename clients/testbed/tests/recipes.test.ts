import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

/** Inside this package, so that its name leads to it. */
const FOLDER = resolve(import.meta.dirname, "../.recipes");

/** What runs a recipe: its import says so. */
const RUNNERS = [
  {
    runs: /from "@bifrons\/testbed\/playwright"/,
    end: "spec.ts",
    command: "playwright test --config ../tests/playwright.config.ts",
    options: "",
  },
  {
    runs: /from "vitest"/,
    end: "test.ts",
    command: "vitest run --config ../tests/vitest.config.ts",
    options: "",
  },
  {
    runs: /from "@jest\/globals"/,
    end: "test.js",
    command: "jest --config ../tests/jest.config.json",
    options: "--experimental-vm-modules",
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
  manual = await readFile(resolve(import.meta.dirname, "../../../docs/testing.md"), "utf8");
  all = blocks("[jt]s");
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  // The contract that a recipe verifies.
  await writeFile(join(FOLDER, "shop-bifrons.json"), blocks("json").join());
});

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
  async ({ runs, end, command, options }) => {
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
    const ran = promisify(execFile)("npx", command.split(" "), { cwd: FOLDER, env });
    const { stdout, stderr } = await ran.catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    expect(stdout + stderr).toMatch(new RegExp(`\\b${count} passed`));
  },
);
