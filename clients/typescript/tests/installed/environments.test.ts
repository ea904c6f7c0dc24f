// The way of a new user, from the tarball to the first sign-in, in each environment that the client is
// for, and in the oldest Node. `tests/live` has Bun, Deno, and the Node that runs the tests. The goal is two minutes for each on a quiet machine:
// it prints how long each took.
// Nuxt needs a newer Node than the others, and brings it along.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../../browsers/tests/support/ports.js";
import { createClient } from "../../src/index.js";
import { startChromium } from "../support/chromium.js";
import { type Environment, install, pack, type Site } from "../support/environment.js";
import { describeAccount } from "../support/next.js";
import { type Service, startService } from "../support/service.js";
import { describeSite, signPeopleUp } from "../support/visitor.js";

const folder = mkdtempSync(join(tmpdir(), "bifrons-packed-"));
let service: Service;
let tarball: string;
beforeAll(async () => {
  service = await startService();
  await signPeopleUp(service.url);
  tarball = await pack(folder);
});
afterAll(async () => {
  await service?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Says how long it took since that moment. */
function report(name: string, begun: number): void {
  console.log(`${name}: ${Math.round((Date.now() - begun) / 1000)} s from the tarball to the app`);
}

/** Installs, builds and starts a site. */
async function start(name: string): Promise<Site> {
  const begun = Date.now();
  const environment: Environment = await install(name, tarball);
  try {
    if (name !== "node" && name !== "hono") await environment.script("build");
    const site = await environment.start({ BIFRONS_URL: service.url });
    report(name, begun);
    return {
      ...site,
      stop: async () => {
        await site.stop();
        await environment.remove();
      },
    };
  } catch (error) {
    await environment.remove();
    throw error;
  }
}

describe("sites", () => {
  for (const name of ["node", "hono", "next", "sveltekit", "nuxt", "react-router", "cloudflare"]) {
    describeSite(name, () => start(name), name === "next" ? describeAccount : undefined);
  }
});

test.each([
  ["node-20.0", []],
  ["jest", []],
  ["vitest", []],
  ["playwright", []],
  ["react-native", ["build"]],
])("a program in %s", async (name, scripts) => {
  const begun = Date.now();
  const environment = await install(name, tarball);
  try {
    for (const script of scripts) await environment.script(script);
    await environment.script("start", { BIFRONS_URL: service.url });
    // The account that the program made, at the real service.
    const person = { email: `${name}@example.org`, password: "correct horse battery" };
    const { problem } = await createClient({ baseUrl: service.url }).signIn(person);
    expect(problem).toBeUndefined();
    report(name, begun);
  } finally {
    await environment.remove();
  }
});

test("a page built with Vite", async () => {
  const begun = Date.now();
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const listing = await startService([origin]);
  const browser = await startChromium();
  const environment = await install("vite", tarball);
  try {
    await environment.script("build", { VITE_BIFRONS_URL: listing.url });
    const site = await environment.start({}, port);
    const page = await browser.newPage();
    await page.goto(origin);
    await expect.poll(() => page.textContent("main"), { timeout: 30_000 }).toBe("vite@example.org");
    report("vite", begun);
    await site.stop();
  } finally {
    await environment.remove();
    await browser.close();
    await listing.stop();
  }
});
