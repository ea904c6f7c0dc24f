import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

test("on the command line", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bifrons-diff-"));
  const after = JSON.parse(await readFile("../../openapi.json", "utf8"));
  delete after.components.schemas.User.properties.name;
  const path = join(folder, "new.json");
  await writeFile(path, JSON.stringify(after));
  const tsx = "node_modules/tsx/dist/cli.mjs";
  const { stdout } = await run(process.execPath, [
    tsx,
    "scripts/spec-diff.ts",
    "../../openapi.json",
    path,
  ]);
  expect(stdout).toContain('breaking: getMe: "name" is gone (answered)');
  expect(stdout).toContain("=> major");
  await rm(folder, { recursive: true });
});
