import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { emptyFolder, ROOT, run } from "../support/run.js";

interface Job {
  permissions: Record<string, string>;
  steps: { name?: string; run?: string; uses?: string; with?: Record<string, string> }[];
}

const { jobs } = parse(readFileSync(join(ROOT, ".github/workflows/release.yml"), "utf8")) as {
  jobs: Record<string, Job>;
};
const { permissions, steps } = jobs["publish"] ?? expect.fail("the release has no job to publish");

/** What a release consists of, as `packaging/dist` names it. */
const DIST = [
  "SHA256SUMS",
  "bifrons_1.2.3_amd64.deb",
  "bifrons-doctor-1.2.3.tgz",
  "bifrons-openapi-1.2.3.tgz",
  "bifrons-server-1.2.3.tgz",
  "bifrons-server-linux-x64-1.2.3.tgz",
  "bifrons-testbed-1.2.3.tgz",
  "bifrons-testbed-linux-x64-1.2.3.tgz",
  "bifrons_testbed-1.2.3-py3-none-manylinux_2_17_x86_64.musllinux_1_1_x86_64.whl",
];

/** Runs the step of this name, as the runner does, with a registry's command that notes what it is told. */
async function runStep(name: string, folder: string): Promise<string[]> {
  const { run: script = expect.fail(`no step ${name}`) } =
    steps.find((step) => step.name === name) ?? {};
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "npm"), '#!/bin/sh\necho "$@"\n');
  chmodSync(join(bin, "npm"), 0o755);
  const env = { PATH: `${bin}:${process.env["PATH"]}` };
  const shell = ["--noprofile", "--norc", "-eo", "pipefail", "-c", script];
  const said = await run("bash", shell, { cwd: folder, env });
  return said.trim().split("\n");
}

function release(): string {
  const folder = emptyFolder();
  mkdirSync(join(folder, "dist"));
  for (const file of DIST) writeFileSync(join(folder, "dist", file), "");
  return folder;
}

test("npm gets every package, those with the binaries first", async () => {
  const published = await runStep("npm", release());
  const names = published.map((line) => line.replace(/^publish dist\/(.*)-1\.2\.3\.tgz$/, "$1"));
  expect([...names].sort()).toEqual([
    "bifrons-doctor",
    "bifrons-openapi",
    "bifrons-server",
    "bifrons-server-linux-x64",
    "bifrons-testbed",
    "bifrons-testbed-linux-x64",
  ]);
  for (const program of ["server", "testbed"]) {
    const carried = names.indexOf(`bifrons-${program}-linux-x64`);
    expect(carried).toBeLessThan(names.indexOf(`bifrons-${program}`));
  }
});

test("PyPI gets the wheels and nothing else, without a token", async () => {
  const folder = release();
  await runStep("Wheels", folder);
  const at = (matches: (step: Job["steps"][number]) => boolean): number => steps.findIndex(matches);
  const publish = at(({ uses }) => uses?.startsWith("pypa/gh-action-pypi-publish@") ?? false);
  expect(publish).toBeGreaterThan(at(({ name }) => name === "Wheels"));
  const { uses = "", with: settings = {} } = steps[publish] ?? expect.fail("PyPI gets nothing");
  expect(uses).toMatch(/@[0-9a-f]{40}$/);
  expect(Object.keys(settings)).toEqual(["packages-dir"]);
  const given = readdirSync(join(folder, settings["packages-dir"] ?? ""));
  expect(given).toEqual(DIST.filter((file) => file.endsWith(".whl")));
  expect(permissions["id-token"]).toBe("write");
});
