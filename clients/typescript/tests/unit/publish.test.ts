import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifrons-publish-"));
  const { stdout } = await run("npm", [
    ...["pack", "--json", "--ignore-scripts"],
    ...["--pack-destination", folder],
  ]);
  tarball = join(folder, (JSON.parse(stdout) as { filename: string }[])[0]?.filename ?? "");
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("publint finds nothing to say", async () => {
  const file = await readFile(tarball);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test("the types are right for every way of import", async () => {
  const attw = "node_modules/@arethetypeswrong/cli/dist/index.js";
  // Tools without `exports` find the main entry alone. The exit code is the verdict.
  const args = [attw, tarball, "--profile", "node16", "--format", "ascii", "--no-color"];
  const { stdout, code = 0 } = await run(process.execPath, args).catch((error) => error);
  expect(code, stdout).toBe(0);
  expect(stdout).toContain("@bifrons/client/tanstack-query");
}, 60_000);

test("every file has its source map, with the source in it", async () => {
  const { stdout } = await run("tar", ["-tzf", tarball]);
  const files = stdout.split("\n").filter((path) => path.endsWith(".js"));
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const path = file.replace("package/", "");
    expect(await readFile(path, "utf8"), path).toMatch(
      /\/\/# sourceMappingURL=[\w-]+\.js\.map\s*$/,
    );
    const map = JSON.parse(await readFile(`${path}.map`, "utf8"));
    expect(map.sourcesContent).toHaveLength(1);
  }
});

test("nothing is needed at run time", async () => {
  const manifest = JSON.parse(await readFile("package.json", "utf8"));
  expect(manifest).not.toHaveProperty("dependencies");
  expect(manifest.sideEffects).toBe(false);
  for (const name of Object.keys(manifest.peerDependencies)) {
    expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
  }
});
