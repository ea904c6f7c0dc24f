import { expect, test } from "vitest";
import type { Row } from "../../src/chaos/report.js";
import { chaos } from "../support/chaos.js";

const ONLY = ["--json", "--only", "getSession", "--only", "updateMe", "--only", "signOut"];
const LIMIT = { timeout: 600_000 };

/** The rows of a report, without the name of the test. */
const found = (stdout: string): string[] =>
  (JSON.parse(stdout) as Row[])
    .filter(({ verdict }) => verdict !== "handled")
    .map(({ operation, failure, verdict }) => `${operation}, ${failure}: ${verdict}`);

test("five planted mistakes are found, and nothing else", LIMIT, async () => {
  const { status, stdout, stderr } = await chaos(ONLY, true);
  expect(status, stderr).toBe(1);
  expect(new Set(found(stdout))).toEqual(
    new Set([
      "getSession, 400 malformed_request: blank page",
      "getSession, 400 ambiguous_credentials: blank page",
      "getSession, 500 internal_error: endless wait",
      "getSession, 503 unavailable: wrong sign-out",
      "getSession, lost answer: retry storm",
      "updateMe, 401 unauthenticated: unhandled rejection",
      "updateMe, 401 unsupported_authorization: unhandled rejection",
      "updateMe, 401 invalid_session: unhandled rejection",
      "updateMe, 401 invalid_token: unhandled rejection",
      "updateMe, session ended: unhandled rejection",
    ]),
  );
});

test("in the untouched page there is nothing to find", LIMIT, async () => {
  const started = Date.now();
  const { status, stdout, stderr } = await chaos(["--json"], false);
  expect(found(stdout), stderr).toEqual([]);
  expect(status).toBe(0);
  const cases = (JSON.parse(stdout) as Row[]).length;
  expect(cases).toBeGreaterThanOrEqual(40);
  const seconds = (Date.now() - started) / 1000;
  console.log(`${cases} cases in ${seconds.toFixed(0)} s`);
});
