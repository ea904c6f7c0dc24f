import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser } from "../../../browsers/tests/support/browser.js";
import { startFirefox } from "../../../browsers/tests/support/firefox.js";
import { addressOf } from "../support/page.js";
import { stageForAll } from "../support/stage.js";

const stage = stageForAll();

let browser: Browser;
beforeAll(async () => {
  // "All cookies": then storage and channels throw, too.
  browser = await startFirefox({ "network.cookie.cookieBehavior": 2 });
});
afterAll(() => browser?.stop());

test("Firefox blocks all cookies: the client starts, and says what is in the way", async () => {
  const visitor = await browser.visitor();
  const tab = await visitor.open(addressOf(stage.site, stage.service.url));
  const forbidden = await tab.run(() => {
    const attempts = [
      () => new BroadcastChannel("any"),
      () => localStorage.length,
      () => sessionStorage.length,
    ];
    return attempts.map((attempt) => {
      try {
        attempt();
        return "allowed";
      } catch (error) {
        return (error as Error).name;
      }
    });
  }, undefined);
  expect(forbidden).toContain("SecurityError");
  expect(await tab.run(async () => (await client.session.load()).status, undefined)).toBe(
    "signed-out",
  );
  const { verdict } = await tab.run(() => client.diagnose(), undefined);
  expect(verdict).toBe("cookies_blocked");
  await visitor.leave();
});
