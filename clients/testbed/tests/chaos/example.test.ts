// Chaos runs against the single-page app of the examples: as it is committed, and with five mistakes.

import { afterEach, expect, test } from "vitest";
import type { Row } from "../../src/chaos/report.js";
import { chaosOf, type Ran } from "../support/chaos.js";
import { buildExample, type Example } from "../support/example.js";

const LIMIT = { timeout: 1_200_000 };

let example: Example | undefined;
afterEach(async () => {
  await example?.remove();
  example = undefined;
});

async function run(args: readonly string[], hasMistakes: boolean): Promise<Ran> {
  example = await buildExample(hasMistakes);
  return chaosOf("tests/example", ["--json", ...args], { EXAMPLE: example.built });
}

/** The rows of a report, without the name of the test. */
const found = (stdout: string): string[] =>
  (JSON.parse(stdout) as Row[])
    .filter(({ verdict }) => verdict !== "handled")
    .map(({ operation, failure, verdict }) => `${operation}, ${failure}: ${verdict}`);

test("in the app as it is committed there is nothing to find", LIMIT, async () => {
  const started = Date.now();
  const { status, stdout, stderr } = await run([], false);
  const seconds = (Date.now() - started) / 1000;
  expect(found(stdout), stderr).toEqual([]);
  expect(status).toBe(0);
  const cases = (JSON.parse(stdout) as Row[]).length;
  expect(cases).toBeGreaterThanOrEqual(40);
  const rate = ((seconds / cases) * 40).toFixed(0);
  console.log(`example: ${cases} cases in ${seconds.toFixed(0)} s, so 40 in ${rate} s`);
});

/** What each patch of tests/example/mistakes leads to. */
const MISTAKES = [
  "getSession, 503 unavailable: wrong sign-out",
  "getSession, 500 internal_error: endless wait",
  "listSessions, 500 internal_error: blank page",
  "listSessions, lost answer: unhandled rejection",
  "getConfiguration, lost answer: retry storm",
];

test("five planted mistakes are found", LIMIT, async () => {
  const only = ["getSession", "listSessions", "getConfiguration"];
  const chosen = only.flatMap((operation) => ["--only", operation]);
  // Longer than usual: a busy machine needs its time for the six requests of a retry storm.
  const { status, stdout, stderr } = await run([...chosen, "--window", "4000"], true);
  expect(status, stderr).toBe(1);
  expect(found(stdout), stderr).toEqual(expect.arrayContaining(MISTAKES));
});
