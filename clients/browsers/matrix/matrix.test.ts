// The doctor beside real browsers: each server makes each mistake, a page signs in from each place, and
// the server's log tells what the browser did. Then the doctor's remedies are applied as they are written.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Page, Visitor } from "../tests/support/browser.js";
import { KINDS as BROWSERS } from "../tests/support/browser.js";
import { fetchLocally } from "../tests/support/direct.js";
import { type Pages, servePages } from "../tests/support/pages.js";
import { visitorsOf } from "../tests/support/visitor.js";
import { diagnosesFor, pageDiagnosis } from "./support/diagnosis.js";
import { examine, opinion, type Report } from "./support/doctor.js";
import { askFrom, type Outcome, outcomeOf, works } from "./support/judge.js";
import { promised, remaining, remedy } from "./support/remedies.js";
import {
  apiOf,
  KINDS,
  type Logged,
  type Remedied,
  type Running,
  type ServerKind,
  startServer,
} from "./support/server.js";
import { Table } from "./support/table.js";
import { FRONTENDS, VARIANTS, type Variant } from "./support/variants.js";

/** Without MATRIX, every server; `core` is what runs with every change. */
const CORE: readonly ServerKind[] = ["express", "nginx", "bifrons"];
const chosen = process.env["MATRIX"] === "core" ? CORE : KINDS;

let pages: Pages;
let frontends: readonly string[];
const table = new Table();

beforeAll(async () => {
  pages = await servePages();
  frontends = FRONTENDS.map((host) => pages.at(host));
});
afterAll(() => pages?.stop());

function start(kind: ServerKind, remedied: readonly Remedied[]): Promise<Running> {
  const http = pages.local.replace("localhost", "api.jazzmeet.site");
  return startServer(kind, remedied, { frontends, elsewhere: pages.at("www.jazzmeet.site"), http });
}

/** What a browser makes of all variants, from one frontend. */
async function judge(
  running: Running,
  variants: readonly Variant[],
  visitor: Visitor<Page>,
  frontend: string,
): Promise<Outcome[]> {
  const first = running.variants[0];
  if (!first) return [];
  const logSoFar = async (): Promise<readonly Logged[]> => {
    const path = `/${randomUUID()}`;
    await fetchLocally(apiOf(first) + path, {});
    return [...(await running.log(path))];
  };
  const begin = (await logSoFar()).length;
  const page = await visitor.open(frontend);
  const pairs = variants.map((variant, at) => [variant, running.variants[at] ?? first] as const);
  const read = await askFrom(page, pairs);
  const log = (await logSoFar()).slice(begin);
  return pairs.map(([, resolved], at) =>
    outcomeOf(resolved, read[at] ?? { signIn: false, next: false }, log),
  );
}

describe.each(chosen)("%s", (kind) => {
  const variants = VARIANTS.filter(({ impossible }) => !impossible?.includes(kind));
  const arrivals = BROWSERS.map((browser) => ({ browser, arrive: visitorsOf(browser) }));
  let reports: Report[];

  test("the doctor agrees with the browsers", async () => {
    const running = await start(
      kind,
      variants.map((variant) => ({ variant, snippets: {} })),
    );
    try {
      reports = [];
      for (const [at, variant] of variants.entries()) {
        const resolved = running.variants[at];
        if (resolved) reports.push(await examine(kind, variant, resolved, frontends));
      }
      const differences: string[] = [];
      for (const { browser, arrive } of arrivals) {
        for (const [place, frontend] of frontends.entries()) {
          const outcomes = await judge(running, variants, await arrive(), frontend);
          for (const [at, seen] of outcomes.entries()) {
            const variant = variants[at];
            const report = reports[at];
            const examined = report?.frontends[place];
            if (!variant || !report || !examined) continue;
            table.add(kind, variant, place, browser.family, works(seen) === true);
            if (variant.careless) {
              // The page's code is out of the doctor's sight: it states what the code must do.
              expect(report.condition?.credentials).toBe("include");
              expect(
                works(seen),
                `${kind} ${browser.name} ${frontend}: a careless page stays signed out`,
              ).toBe(false);
              continue;
            }
            const said = opinion(examined, browser.family);
            const known =
              said.cookie_sent === null ? { ...said, cookie_sent: seen.cookie_sent } : said;
            if (said.cookie_sent === null) expect(reasonFor(examined, browser.family)).toBeTruthy();
            if (JSON.stringify(known) !== JSON.stringify(seen)) {
              const codes = examined.findings.map(({ code }) => code).join(" ");
              differences.push(
                `${variant.name}, ${browser.family}, ${frontend}: ${codes}\n  said ${JSON.stringify(said)}\n  seen ${JSON.stringify(seen)}`,
              );
            }
          }
        }
      }
      expect(differences.join("\n")).toBe("");
    } finally {
      await running.stop();
    }
  });

  test.runIf(kind === "bifrons")("diagnose() of the client gives the same verdict", async () => {
    const running = await start(
      kind,
      variants.map((variant) => ({ variant, snippets: {} })),
    );
    try {
      const differences: string[] = [];
      for (const { browser, arrive } of arrivals) {
        for (const [place, frontend] of frontends.entries()) {
          const visitor = await arrive();
          await judge(running, variants, visitor, frontend);
          const page = await visitor.open(frontend);
          for (const [at, variant] of variants.entries()) {
            const resolved = running.variants[at];
            const examined = reports[at]?.frontends[place];
            if (!resolved || !examined) continue;
            const expected = diagnosesFor(variant, examined, browser.family);
            const found = await pageDiagnosis(page, variant, resolved);
            if (!expected.includes(found)) {
              differences.push(
                `${variant.name}, ${browser.family}, ${frontend}: ${found} instead of ${expected}`,
              );
            }
          }
        }
      }
      expect(differences.join("\n")).toBe("");
    } finally {
      await running.stop();
    }
  });

  test.runIf(kind !== "bifrons")("every remedy works as it is written", async () => {
    const remedied = variants.flatMap((variant, at) => remedy(kind, variant, reports[at]));
    const applied = new Set(remedied.flatMap(({ remedies }) => remedies));
    expect([...applied].sort()).toEqual(promised(kind));
    const running = await start(kind, remedied);
    try {
      const failures: string[] = [];
      const fixed = remedied.map(({ variant }) => variant);
      for (const { browser, arrive } of arrivals) {
        for (const [place, frontend] of frontends.entries()) {
          const outcomes = await judge(running, fixed, await arrive(), frontend);
          for (const [at, seen] of outcomes.entries()) {
            const one = remedied[at];
            // The cookie of a variant whose CORS alone was wrong stays as it is.
            const expected = place < FRONTENDS.length - 1 || one?.cookie;
            if (!works(seen) && expected) {
              failures.push(
                `${one?.variant.name}, ${browser.family}, ${frontend}: ${JSON.stringify(seen)}\n${JSON.stringify(one?.snippets)}`,
              );
            }
          }
        }
      }
      for (const [at, one] of remedied.entries()) {
        const resolved = running.variants[at];
        if (!resolved) continue;
        const left = remaining(one, await examine(kind, one.variant, resolved, frontends));
        if (left.length > 0) failures.push(`${one.variant.name}: the doctor still finds ${left}`);
      }
      expect(failures.join("\n")).toBe("");
    } finally {
      await running.stop();
    }
  });
});

/** The doctor's reason for what it cannot know. */
function reasonFor(
  { cookies }: Report["frontends"][number],
  family: string,
): string | null | undefined {
  return cookies.find((cell) => cell.family === family)?.why;
}

test("docs/doctor.md shows the matrix", () => {
  if (chosen === KINDS) expect(table.cells).toBeGreaterThanOrEqual(350);
  table.compare({ whole: chosen === KINDS });
});
