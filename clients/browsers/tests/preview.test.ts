// The doctor for CI (../doctor): deployments with one mistake each, and the one line to change that it prints.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { KINDS, type Launched } from "../../doctor/src/browsers/kinds.js";
import { check } from "../../doctor/src/check.js";
import { HELP, read } from "../../doctor/src/options.js";
import type { Plan } from "../../doctor/src/plan.js";
import { table } from "../../doctor/src/report.js";
import { BINARY } from "./support/bifrons.js";
import { IS_WHOLE } from "./support/browser.js";
import { deploy } from "./support/deployment.js";
import { documents, printed } from "./support/document.js";
import { HERE } from "./support/network.js";
import { type Places, SETUPS, UNLISTED } from "./support/setups.js";

process.env["BIFRONS_BIN"] ??= BINARY;

/** The browsers of all set-ups: each is started once. */
const running = new Map<string, Launched>();
beforeAll(async () => {
  const network = { address: HERE, pins: [inject("tls").pin] };
  for (const kind of KINDS) running.set(kind.family, await kind.launch(network));
});
afterAll(() => Promise.all([...running.values()].map((browser) => browser.stop())));

const launch = async ({ family }: { family: string }): Promise<Launched> => {
  const browser = running.get(family) ?? expect.fail(family);
  return { open: browser.open, stop: async () => undefined };
};

const PASSWORD = "correct horse battery";

const planFor = (places: Pick<Plan, "preview" | "api">): Plan => ({
  ...places,
  path: "/v1/session",
  next: "/v1/session",
  user: { body: JSON.stringify({ email: "ada@example.com", password: PASSWORD }) },
  signUp: "/v1/users",
  ca: inject("tls").authority,
  connect: HERE,
  timeoutMs: 20_000,
});

/** The names that docs/doctor-in-ci.md has for a deployment. */
const DOCUMENTED: Places = { preview: "https://pr-7.example.com", api: "https://api.example.com" };

describe("the one line to change", () => {
  test.each(SETUPS.filter(({ isCore }) => IS_WHOLE || isCore))("$name", async (setup) => {
    const deployed = await deploy(setup);
    try {
      const verdict = await check(planFor(deployed), launch);
      const kept = KINDS.filter((_, at) => verdict.rows[at]?.signed_in && verdict.rows[at]?.kept);
      const said = JSON.stringify(verdict, null, 2);
      expect(said).not.toContain(PASSWORD);
      expect(
        kept.map(({ family }) => family),
        said,
      ).toEqual(setup.keeps ?? []);
      const { change = null } = setup;
      expect(verdict.change, said).toBe(typeof change === "function" ? change(deployed) : change);
      expect(verdict.works).toBe(change === null);
      for (const row of verdict.rows) expect(row.why === null).toBe(row.signed_in && row.kept);
      if (setup === UNLISTED) {
        const text = table(verdict)
          .replaceAll(deployed.preview, DOCUMENTED.preview)
          .replaceAll(deployed.api, DOCUMENTED.api);
        documents("run", printed(text));
      }
    } finally {
      await deployed.stop();
    }
  });
});

test("docs/doctor-in-ci.md has the options and every line", () => {
  for (const file of ["../../docs/doctor-in-ci.md", "../doctor/README.md"]) {
    const commands = [...readFileSync(file, "utf8").matchAll(/^npx @bifrons\/doctor (.*)$/gm)];
    expect(commands).toHaveLength(1);
    for (const [, args = ""] of commands) expect(read(args.split(" "), {})).toBeDefined();
  }
  documents("help", printed(HELP));
  const rows = SETUPS.flatMap(({ name, change }) => {
    if (change === undefined) return [];
    return [`| ${name} | ${typeof change === "function" ? change(DOCUMENTED) : change} |\n`];
  });
  expect(rows.length).toBeGreaterThanOrEqual(10);
  documents("lines", `| the deployment | the line |\n|---|---|\n${rows.join("")}`);
});
