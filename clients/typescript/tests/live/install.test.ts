import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Service, startService } from "../support/testbed.js";

const run = promisify(execFile);

let service: Service;
let folder: string;
beforeAll(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), "bifrons-install-"));
  const packed = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await run("npm", packed);
  const { filename } = (JSON.parse(stdout) as [{ filename: string }])[0];
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const install = ["install", "--offline", "--no-audit", "--no-fund", `./${filename}`];
  await run("npm", install, { cwd: folder });
});
afterAll(async () => {
  await service?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What a new user types, nothing left out. */
const program = (url: string, email: string): string => `\
import { createClient } from "@bifrons/client";

const client = createClient({ baseUrl: "${url}", mode: "token" });
const ada = { email: "${email}", password: "correct horse battery staple" };
await client.registerUser(ada);
const { problem } = await client.signIn(ada);
if (problem) throw new Error(problem.title);
console.log((await client.getMe()).data.email);
`;

test("from the tarball to the first sign-in in under ten lines, without a network", async () => {
  const installed = await readdir(join(folder, "node_modules"));
  expect(installed.filter((name) => !name.startsWith("."))).toEqual(["@bifrons"]);

  const text = program(service.url, "ada@example.org");
  expect(text.trim().split("\n").length).toBeLessThan(10);
  await writeFile(join(folder, "first.js"), text);
  const { stdout } = await run(process.execPath, ["first.js"], { cwd: folder });
  expect(stdout).toBe("ada@example.org\n");
});

test.each([
  ["bun", ["run"]],
  ["deno", ["run", "--allow-net"]],
])("the same with %s", async (name, args) => {
  const email = `${name}@example.org`;
  await writeFile(join(folder, `${name}.js`), program(service.url, email));
  const binary = resolve("node_modules/.bin", name);
  const { stdout } = await run(binary, [...args, `${name}.js`], { cwd: folder });
  expect(stdout).toBe(`${email}\n`);
});
