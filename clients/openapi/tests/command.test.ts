import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { main } from "../src/main.js";
import { type Edit, read } from "./support/edit.js";

const PROGRAM = resolve("dist/command.js");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bifrons-command-"));
  write("a.json", () => {});
  write("b.json", (d) => {
    delete d.paths["/v1/me"].get;
    delete d.components.schemas.SessionSummary.properties.current;
    d.paths["/v1/you"] = { get: { ...d.paths["/v1/me"].patch, operationId: "getYou" } };
  });
  write("more.json", (d) => {
    d.paths["/v1/you"] = { get: { ...d.paths["/v1/me"].get, operationId: "getYou" } };
  });
  write("outside.json", (d) => {
    d.paths["/v1/me"].get.responses["200"] = { $ref: "other.json" };
  });
  mkdirSync(join(folder, "app"));
  writeFileSync(join(folder, "app/a.ts"), 'import { getMe } from "@bifrons/client/core";');
  mkdirSync(join(folder, "other"));
  writeFileSync(join(folder, "other/a.ts"), 'import { signOut } from "@bifrons/client/core";');
  mkdirSync(join(folder, "none"));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(import.meta.dirname);
  rmSync(folder, { recursive: true });
});

function write(name: string, edit: Edit): void {
  const document = read();
  edit(document);
  writeFileSync(join(folder, name), JSON.stringify(document));
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in this process. */
async function run(...args: readonly string[]): Promise<Ended> {
  let [out, err] = ["", ""];
  const code = await main(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

test("the program ends with the status of the command, and writes what it says", () => {
  const program = (...args: string[]): Ended => {
    const ended = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: "utf8" });
    return { code: ended.status ?? -1, out: ended.stdout, err: ended.stderr };
  };
  expect(program("diff", "a.json", "a.json")).toMatchObject({ code: 0, out: "Nothing breaks.\n" });
  expect(program("diff", "a.json", "b.json").code).toBe(1);
  expect(program("diff", "a.json")).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringContaining("diff A B"),
  });
});

test("0: nothing breaks", async () => {
  expect(await run("diff", "a.json", "a.json")).toEqual({
    code: 0,
    out: "Nothing breaks.\n",
    err: "",
  });
  expect((await run("diff", "a.json", "more.json")).out).toBe("Nothing breaks.\n");
  expect(await run("diff", "a.json", "more.json", "--all")).toMatchObject({
    code: 0,
    out: "additive    getYou is new\nNothing breaks.\n",
  });
});

test("1: something breaks", async () => {
  const { code, out } = await run("diff", "a.json", "b.json");
  expect(code).toBe(1);
  expect(out).toContain("breaking    getMe is gone\n");
  expect(out).toContain('breaking    listSessions.items[]: "current" is gone (answered)\n');
  expect(out).toContain("Changes that break callers: 2.\n");
});

test("1 and 0: what breaks for a code base", async () => {
  const used = await run("diff", "a.json", "b.json", "--used-by", "app");
  expect(used.code).toBe(1);
  expect(used.out).toBe(
    "breaking    getMe is gone\n            used at a.ts:1\n" +
      "Changes that break callers: 1, of the 1 operations that the code uses.\n",
  );
  expect(await run("diff", "a.json", "b.json", "--used-by", "other")).toMatchObject({
    code: 0,
    out: "Nothing breaks for the 1 operations that the code uses.\n",
  });
});

test("JSON", async () => {
  const { code, out } = await run("diff", "a.json", "b.json", "--json", "--used-by", "app");
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    breaks: true,
    changes: [{ kind: "breaking", operation: "getMe", what: "getMe is gone", used_at: ["a.ts:1"] }],
    used: { getMe: ["a.ts:1"] },
  });
});

test.each([
  [["diff", "a.json"], "bifrons-openapi diff A B"],
  [["diff", "a.json", "b.json", "a.json"], "bifrons-openapi diff A B"],
  [["compare", "a.json", "b.json"], "bifrons-openapi diff A B"],
  [[], "bifrons-openapi diff A B"],
  [["diff", "a.json", "b.json", "--nonsense"], "Unknown option '--nonsense'"],
  [["diff", "a.json", "missing.json"], '"missing.json" is no file'],
  [["diff", "a.json", "app"], '"app" is no file'],
  [["diff", "a.json", "outside.json"], "other.json does not name a part of this document"],
  [["diff", "a.json", "app/a.ts"], "app/a.ts is not JSON"],
  [["diff", "a.json", "http://127.0.0.1:1/openapi.json"], "cannot be reached"],
  [["diff", "a.json", "b.json", "--used-by", "none"], "None of the 0 files in none imports"],
  [["diff", "a.json", "b.json", "--used-by", "nowhere"], '"nowhere" is no folder'],
  [["diff", "a.json", "b.json", "--used-by", "a.json"], '"a.json" is no folder'],
])("2: %j cannot be answered", async (args, why) => {
  const { code, out, err } = await run(...args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(why);
  expect(err).not.toContain("    at ");
});

test("a document is a file, a URL, the version of the package or a commit", async () => {
  const git = (...args: string[]): void => {
    const who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    execFileSync("git", [...who, ...args], { cwd: folder });
  };
  write("openapi.json", (d) => delete d.paths["/v1/me"].get);
  git("init", "--quiet");
  git("add", "openapi.json");
  git("commit", "--quiet", "--no-gpg-sign", "--message", "The document");
  git("tag", "v0.1.0");
  const server = createServer((_, response) => response.end(JSON.stringify(read())));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/openapi.json`;
  // The version of an unreleased package.
  for (const b of ["0.0.0", "a.json", url]) {
    expect((await run("diff", "v0.1.0", b, "--all")).out, b).toBe(
      "additive    getMe is new\nNothing breaks.\n",
    );
  }
  expect((await run("diff", url, "HEAD")).code).toBe(1);
  expect((await run("diff", "0.0.0", "0.0.0", "--admin")).code).toBe(0);
  expect((await run("diff", "HEAD", "0.0.0", "--admin")).err).toContain("openapi-admin.json");
  server.close();
});

test("help", async () => {
  const { code, out } = await run("--help");
  expect(code).toBe(0);
  for (const option of ["--used-by FOLDER", "--admin", "--all", "--json", "Exit status"]) {
    expect(out).toContain(option);
  }
});
