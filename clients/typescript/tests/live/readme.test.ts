import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examples } from "../support/readme.js";
import { type Service, startService } from "../support/service.js";

const run = promisify(execFile);
let service: Service;
let folder: string;

/** A project that has installed the built package and nothing else. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifrons-readme-"));
  await mkdir(join(folder, "node_modules/@bifrons"), { recursive: true });
  await symlink(resolve("."), join(folder, "node_modules/@bifrons/client"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const documents: [string, string | undefined][] = [
  ["../../README.md", "The client"],
  ["README.md", undefined],
];

test.each(documents)("the examples of %s run as written", async (path, section) => {
  const blocks = await examples(path, section);
  expect(blocks.length).toBeGreaterThan(0);
  for (const [index, block] of blocks.entries()) {
    // A service of its own for each: they sign the same people up.
    service = await startService();
    try {
      const file = join(folder, `example-${index}.mts`);
      const code = block.replace(/"https?:\/\/[^"]*"/, JSON.stringify(service.url));
      expect(code, "the example names a base URL").not.toBe(block);
      await writeFile(file, code);
      await checkTypes(file);
      const tsx = resolve("node_modules/tsx/dist/cli.mjs");
      const { stdout } = await run(process.execPath, [tsx, file], { cwd: folder });
      expect(stdout).toContain("ada@example.org");
    } finally {
      await service.stop();
    }
  }
});

async function checkTypes(file: string): Promise<void> {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    module: "NodeNext",
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    types: [],
    noEmit: true,
  };
  const project = join(folder, "tsconfig.json");
  await writeFile(project, JSON.stringify({ compilerOptions, files: [file] }));
  const tsc = resolve("node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc, "-p", project]).catch((error) => error);
  expect(stdout).toBe("");
}
