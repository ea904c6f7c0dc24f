import { readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DIST, emptyFolder, ROOT, run } from "../support/run.js";
import { signIn, signUp, start } from "../support/service.js";

const MIB = 1024 * 1024;

/** What runs the binary of a processor here. */
const RUN_BY: Record<string, string[]> = { x86_64: [], aarch64: ["qemu-aarch64-static"] };

const built = readdirSync(DIST).filter((file) => /^bifrons-\w+-unknown-linux-musl$/.test(file));

test("there is a binary for each processor", () => {
  expect(built).toHaveLength(Object.keys(RUN_BY).length);
});

test.each(built)("%s starts, signs up, signs in and stops", async (file) => {
  const binary = join(DIST, file);
  const [command, ...args] = [...(RUN_BY[file.split("-")[1] ?? ""] ?? []), binary] as [string];
  const env = { BIFRONS_LISTEN: "127.0.0.1:0", PATH: process.env["PATH"] };
  const service = await start(command, args, { cwd: emptyFolder(), env });
  await signUp(service.url);
  await signIn(service.url);
  expect(await service.stop()).toBe(0);
  const commit = await run("git", ["rev-parse", "--short=12", "HEAD"], { cwd: ROOT });
  expect(await run(command, [...args, "--version"])).toMatch(
    new RegExp(
      `^bifrons \\d+\\.\\d+\\.\\d+ \\(${commit.trim()}(-dirty)?, \\d{4}-\\d\\d-\\d\\d\\)\n$`,
    ),
  );
});

test.each(built)(
  "%s needs no library, can be loaded at any address, is small, and names no folder of this machine",
  async (file) => {
    const binary = join(DIST, file);
    const headers = await run("readelf", ["--wide", "--file-header", "--program-headers", binary]);
    expect(headers).not.toContain("INTERP");
    expect(headers).toMatch(/Type: +DYN \(Position-Independent Executable/);
    expect(statSync(binary).size).toBeLessThan(30 * MIB);
    const bytes = readFileSync(binary);
    for (const folder of [ROOT, join(homedir(), ".cargo")])
      expect(bytes.includes(folder)).toBe(false);
  },
);

test("the checksums are those of the files, and of all of them", async () => {
  await run("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: DIST });
  const sums = readFileSync(join(DIST, "SHA256SUMS"), "utf8").trim().split("\n");
  const summed = sums.map((line) => line.split(/ +/)[1]).concat("SHA256SUMS");
  expect(summed.sort()).toEqual(readdirSync(DIST).sort());
});

test("the bill of materials lists what is compiled, with licences, and nothing of the tests", () => {
  const file = readdirSync(DIST).find((name) => name.endsWith(".cdx.json")) ?? "";
  const text = readFileSync(join(DIST, file), "utf8");
  const bill = JSON.parse(text) as {
    bomFormat: string;
    components: { name: string; purl: string; licenses?: unknown[] }[];
  };
  expect(bill.bomFormat).toBe("CycloneDX");
  const names = bill.components.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["poem-openapi", "sea-orm", "aws-lc-sys", "argon2"]),
  );
  for (const other of ["proptest", "shuttle", "jsonschema"]) expect(names).not.toContain(other);
  for (const { name, licenses } of bill.components) expect(licenses, name).toBeDefined();
  expect(text).not.toContain(ROOT);
});
