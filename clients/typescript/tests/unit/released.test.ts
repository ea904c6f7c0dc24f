import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { released } from "../../scripts/spec-diff/released.js";
import { sinceRelease } from "../../scripts/spec-diff/since.js";

const run = promisify(execFile);

/** A repository of its own for each test. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifrons-released-"));
  await git("init", "--quiet");
});
afterEach(() => rm(folder, { recursive: true }));

function git(...args: string[]): Promise<unknown> {
  const who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
  return run("git", [...who, ...args], { cwd: folder });
}

test("the last released document is that of the highest tag, or else the last committed", async () => {
  const commit = async (document: object): Promise<void> => {
    await writeFile(join(folder, "openapi.json"), JSON.stringify(document));
    await git("add", "--all");
    await git("commit", "--quiet", "--no-gpg-sign", "--message", "The document");
  };
  await commit({ version: 1 });
  const first = await released(folder);
  expect(first.name).toBe("HEAD");
  expect(await first.document("openapi.json")).toEqual({ version: 1 });
  expect(await first.document("openapi-admin.json")).toEqual({ paths: {} });
  await git("tag", "client-v0.10.0");
  await git("tag", "v2.0.0");
  await commit({ version: 2 });
  await git("tag", "client-v0.9.1");
  await commit({ version: 3 });
  const last = await released(folder);
  expect(last.name).toBe("client-v0.10.0");
  expect(await last.document("openapi.json")).toEqual({ version: 1 });
});

test("both documents are compared with those of the last release", async () => {
  for (const name of ["openapi.json", "openapi-admin.json"]) {
    await copyFile(`../../${name}`, join(folder, name));
  }
  await git("add", "--all");
  await git("commit", "--quiet", "--no-gpg-sign", "--message", "The documents");
  expect(await sinceRelease(folder)).toEqual({ name: "HEAD", changes: [] });
  const path = join(folder, "openapi-admin.json");
  const admin = JSON.parse(await readFile(path, "utf8"));
  delete admin.paths["/v1/admin/users/{id}"].delete;
  const patch = admin.paths["/v1/admin/users/{id}"].patch;
  patch.parameters = patch.parameters.filter(({ in: place }: { in: string }) => place === "path");
  await writeFile(path, JSON.stringify(admin));
  const { changes } = await sinceRelease(folder);
  expect(changes.map(({ kind, what }) => `${kind} ${what}`)).toEqual([
    "breaking updateUser: takes no header if-match any more",
    "breaking deleteUser is gone",
  ]);
});
