// The action of ../doctor, and with it the command: what they print, and how they end.

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { createClient } from "../../typescript/src/index.js";
import { DOCTOR, type Job, runAction } from "./support/action.js";
import { BINARY, type Bifrons, startBifrons } from "./support/bifrons.js";
import { IS_WHOLE } from "./support/browser.js";
import { type Pages, serve } from "./support/pages.js";
import { ADA } from "./support/people.js";

const run = promisify(execFile);

let action: string;
let pages: Pages;
let service: Bifrons;
let api: string;
beforeAll(async () => {
  action = mkdtempSync(join(tmpdir(), "bifrons-action-"));
  const kept = (path: string): boolean => !/node_modules|\/dist/.test(path.slice(DOCTOR.length));
  cpSync(DOCTOR, action, { recursive: true, filter: kept });
  if (!IS_WHOLE) {
    symlinkSync(join(DOCTOR, "node_modules"), join(action, "node_modules"));
    await run("npm", ["run", "--silent", "build"], { cwd: action });
  }
  pages = await serve((_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8").end("<!doctype html>A preview");
  });
  service = await startBifrons(() => ({ BIFRONS_ORIGINS: pages.local }));
  api = `http://localhost:${service.port}`;
  await createClient({ baseUrl: api }).throwing.registerUser(ADA);
});
afterAll(async () => {
  await service?.stop();
  pages?.stop();
  rmSync(action, { recursive: true, force: true });
});

/** The folder of one job. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bifrons-job-"));
  return () => rmSync(folder, { recursive: true, force: true });
});

/** Runs the action with the service's binary; its packages are installed in the whole run alone. */
const act = (inputs: Record<string, string>): Promise<Job> =>
  runAction({
    with: { preview: pages.local, api, binary: BINARY, ...inputs },
    folder,
    action,
    without: IS_WHOLE ? [] : ["Install the command"],
  });

const LIMIT = { timeout: 120_000 };

test("a preview that works", LIMIT, async () => {
  const junit = join(folder, "junit.xml");
  const job = await act({ ...ADA, junit });
  expect(job.status, job.log).toBe(0);
  expect(job.log).toMatch(/^Chromium +blocked +yes +yes$/m);
  expect(job.log).toContain("Every browser keeps the session.");
  expect(job.summary).toContain("| Firefox | kept apart | yes | yes |  |");
  expect(job.outputs).toMatchObject({ works: "true", change: "" });
  expect(readFileSync(junit, "utf8")).toContain('tests="3" failures="0"');
  expect(job.log + job.summary + JSON.stringify(job.outputs)).not.toContain(ADA.password);
});

test("a preview that the API does not list, with a user who signs up", LIMIT, async () => {
  const other = await serve((_, response) => response.end("Another preview"));
  const junit = join(folder, "junit.xml");
  const job = await act({ preview: other.local, "sign-up": "true", junit });
  other.stop();
  const change = `In bifrons.toml, in place of origins: origins = ["${other.local}"]`;
  expect(job.status, job.log).toBe(1);
  expect(job.log).toContain(`Change one line:\n  ${change}\n`);
  expect(job.log).toContain(`::error title=Sign-in of the preview::${change}\n`);
  expect(job.summary).toContain(`**Change one line:** \`${change}\``);
  expect(job.outputs).toMatchObject({ works: "false", change });
  expect(JSON.parse(job.outputs["json"] ?? "").rows).toHaveLength(3);
  expect(readFileSync(junit, "utf8")).toContain('tests="3" failures="3"');
});

test("what no browser is to blame for", LIMIT, async () => {
  const job = await act({ email: ADA.email, password: "wrong password" });
  expect(job.status, job.log).toBe(2);
  expect(job.log).toContain("check DOCTOR_EMAIL and DOCTOR_PASSWORD");
  expect(job.outputs).toEqual({});
  const command = (...args: string[]): Promise<{ code: number; stderr: string }> =>
    run("node", [join(action, "dist/command.js"), ...args], { env: { PATH: process.env["PATH"] } })
      .then(() => ({ code: 0, stderr: "" }))
      .catch((error: { code: number; stderr: string }) => error);
  const nowhere = ["--preview", "http://localhost:1", "--api", api];
  for (const [args, said] of [
    [["--preview", pages.local], "--api is missing"],
    [["--preview", pages.local, "--api", api], "set DOCTOR_EMAIL and DOCTOR_PASSWORD"],
    [[...nowhere, "--sign-up"], "http://localhost:1 cannot be reached"],
    [[...nowhere, "--speed"], "--speed"],
  ] as const) {
    expect(await command(...args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(said),
    });
  }
  // The certificate of an authority that no system knows.
  const named = pages.at("localhost");
  const untrusted = await command("--preview", named, "--api", api, "--sign-up");
  expect(untrusted.stderr).toContain("serve one of a public authority with the whole chain");
  const ca = ["--ca", inject("tls").authority];
  const trusted = await command(
    "--preview",
    named,
    "--api",
    "http://localhost:1",
    "--sign-up",
    ...ca,
  );
  expect(trusted.stderr).toContain("http://localhost:1/v1/session cannot be reached");
});
