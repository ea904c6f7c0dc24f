import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOf } from "../support/readme.js";

test("the examples for frameworks are the files of the apps that the tests build", async () => {
  const blocks = (await blocksOf("README.md")).filter(({ file }) => file);
  const shown = new Set(blocks.map(({ file }) => file?.split("/")[0]));
  for (const { file = "", code } of blocks) {
    expect(code, file).toBe(await readFile(join("tests/environments", file), "utf8"));
  }
  const { exports } = JSON.parse(await readFile("package.json", "utf8"));
  for (const name of ["next", "sveltekit", "nuxt", "react-router", "hono"]) {
    expect(exports).toHaveProperty([`./${name}`]);
    expect(shown).toContain(name);
  }
});

test("every example is run or built: it is a program, goes on from one, or is of a framework", async () => {
  const kinds = (await blocksOf("README.md")).map(({ language, file }) => file ?? language);
  // tests/live/readme.test.ts runs `ts` and `js`, tests/browser/readme.test.ts `jsx`.
  for (const kind of kinds) expect(kind).toMatch(/^(ts|js|jsx)$|\//);
});

test("the table of versions names this client and the service that it was made for", async () => {
  const text = await readFile("README.md", "utf8");
  const rows = [...text.matchAll(/^\| (\d+\.\d+) \| (\d+\.\d+) \|$/gm)];
  const { version } = JSON.parse(await readFile("package.json", "utf8"));
  const { info } = JSON.parse(await readFile("../../openapi.json", "utf8"));
  const short = (full: string): string => full.replace(/\.\d+$/, "");
  expect(rows.map(([, client, service]) => [client, service])[0]).toEqual([
    short(version),
    short(info.version),
  ]);
});
