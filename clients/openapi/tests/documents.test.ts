import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edit, read } from "./support/edit.js";

const MANUAL = readFileSync("README.md", "utf8");
const TESTING = readFileSync("../../docs/testing.md", "utf8");

/** The blocks of a document in a language, each with the output that follows, if one does. */
const blocks = (document: string, language: string): { code: string; output?: string }[] =>
  document
    .split(`\`\`\`${language}\n`)
    .slice(1)
    .map((rest) => {
      const [code = "", words = "", output = ""] = rest.split("```");
      return output.startsWith("text\n") && words.length < 30
        ? { code, output: output.slice("text\n".length) }
        : { code };
    });

/** A code base, and the documents that the commands compare. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bifrons-documents-"));
  const write = (name: string, edit: Edit): void => {
    const document = read();
    edit(document);
    writeFileSync(join(folder, name), JSON.stringify(document));
  };
  write("old.json", () => {});
  write("new.json", (d) => {
    delete d.paths["/v1/me"].get;
    delete d.components.schemas.SessionSummary.properties.current;
    d.paths["/v1/session"].delete.responses["429"] = d.paths["/v1/session"].post.responses["429"];
  });
  mkdirSync(join(folder, "src"));
  const code = blocks(MANUAL, "ts").find((block) => block.code.includes("@bifrons/client"));
  writeFileSync(join(folder, "src/account.ts"), code?.code ?? "");
});
afterAll(() => rmSync(folder, { recursive: true }));

// In docs/testing.md a command stands in a block of text: the tests of docs/ run what stands in one of a shell.
const COMMANDS = [...blocks(MANUAL, "sh"), ...blocks(TESTING, "text")].filter(({ code }) =>
  code.startsWith("npx @bifrons/openapi"),
);

test("the manuals show commands", () => expect(COMMANDS).toHaveLength(3));

test.each(COMMANDS)("the command of the manual works as it is written: $code", (block) => {
  const [npx, name, ...args] = block.code.trim().split(" ");
  expect([npx, name]).toEqual(["npx", "@bifrons/openapi"]);
  const command = resolve("dist/command.js");
  const ended = spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: "utf8" });
  expect(ended).toMatchObject({ status: 1, stderr: "" });
  if (block.output !== undefined) expect(ended.stdout).toBe(block.output);
  else expect(ended.stdout).toContain("Changes that break callers: 1");
});

test("the example of the manual prints what it says", () => {
  const [example] = blocks(MANUAL, "ts");
  const output = /This prints:\n\n```text\n(.*?)```/s.exec(MANUAL)?.[1];
  // Inside the package, so that its name leads to it.
  const path = resolve(".recipes/example.ts");
  mkdirSync(resolve(".recipes"), { recursive: true });
  writeFileSync(path, example?.code ?? "");
  const tsx = resolve("node_modules/tsx/dist/cli.mjs");
  const ended = spawnSync(process.execPath, [tsx, path], { encoding: "utf8" });
  expect(ended.stderr).toBe("");
  expect(ended.stdout).toBe(output);
});

test("the manual lists every option of the command", () => {
  const { stdout } = spawnSync(process.execPath, [resolve("dist/command.js"), "--help"], {
    encoding: "utf8",
  });
  for (const [option] of stdout.matchAll(/--(?!help)[a-z-]+/g)) {
    expect(MANUAL).toContain(`| \`${option}`);
  }
});
