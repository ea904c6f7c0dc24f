import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Inside this package, so that its name leads to it. */
const FOLDER = resolve(import.meta.dirname, "../.recipes");

/** The recipes of docs/testing.md, each a file of its own. */
async function recipes(): Promise<readonly string[]> {
  const document = resolve(import.meta.dirname, "../../../docs/testing.md");
  const blocks = (await readFile(document, "utf8")).matchAll(/^```ts\n(.*?)^```$/gms);
  return Array.from(blocks, ([, code]) => code ?? "");
}

test("the recipes of docs/testing.md work as they are written", async () => {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  const codes = await recipes();
  let count = 0;
  for (const [at, code] of codes.entries()) {
    count += code.match(/^ *test\("/gm)?.length ?? 0;
    await writeFile(join(FOLDER, `${at}.spec.ts`), code);
  }
  expect(codes.length).toBeGreaterThan(4);
  const args = ["playwright", "test", "--config", "tests/playwright.config.ts"];
  const env = { ...process.env, CI: "1", FORCE_COLOR: "0", RECIPES: FOLDER };
  const ran = promisify(execFile)("npx", args, { env });
  const { stdout } = await ran.catch((error: { stdout: string }) => error);
  expect(stdout).toContain(`${count} passed`);
}, 180_000);
