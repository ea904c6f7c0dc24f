import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NOTHING, withinReachOfScripts } from "../../../browsers/tests/support/within_reach.js";
import { openPage, startChromium } from "../support/chromium.js";
import { DEVICE } from "../support/cookies.js";
import { type Site, serveSite, visit } from "../support/page.js";
import { type Service, startService } from "../support/service.js";

let browser: Browser;
let site: Site;
let service: Service;

beforeAll(async () => {
  site = await serveSite();
  service = await startService([site.origin]);
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  site?.stop();
});

const ada = { email: "ada@example.org", password: "correct horse battery staple" };

test("a page of another origin signs up, signs in, reloads, signs out", async () => {
  const context = await browser.newContext();
  const { page, origins, complaints } = await openPage(context);
  await visit(page, site, service.url);
  expect(new URL(service.url).origin).not.toBe(site.origin);

  expect(
    await page.evaluate(async (who) => (await client.registerUser(who)).data?.email, ada),
  ).toBe(ada.email);
  expect(await whoAmI(page)).toBe("unauthenticated");
  const refused = { ...ada, password: "not the password" };
  expect(
    await page.evaluate(async (who) => (await client.signIn(who)).problem?.code, refused),
  ).toBe("invalid_credentials");

  expect(
    await page.evaluate(async (who) => (await client.signIn(who)).data?.session.mode, ada),
  ).toBe("cookie");
  expect(await whoAmI(page)).toBe(ada.email);

  await page.reload();
  await page.waitForFunction(() => "client" in globalThis);
  expect(await whoAmI(page)).toBe(ada.email);
  expect(await page.evaluate(withinReachOfScripts)).toEqual(NOTHING);
  const hidden = { httpOnly: true, sameSite: "Lax" };
  expect(await context.cookies(service.url)).toMatchObject([
    { name: "bifrons_session", ...hidden },
    { name: DEVICE, ...hidden },
  ]);

  expect(await page.evaluate(async () => (await client.signOut()).response.status)).toBe(204);
  expect(await whoAmI(page)).toBe("unauthenticated");
  expect(await context.cookies(service.url)).toMatchObject([{ name: DEVICE }]);

  expect(origins).toEqual(new Set([site.origin, service.url]));
  expect(complaints).toEqual([]);
  await context.close();
});

test("a page of an origin that is not listed cannot call", async () => {
  const stranger = await serveSite();
  const context = await browser.newContext();
  const { page } = await openPage(context);
  await visit(page, stranger, service.url);
  const failure = await page.evaluate((who) => client.signIn(who).catch(String), ada);
  expect(failure).toBe("TypeError: Failed to fetch");
  expect(await context.cookies(service.url)).toEqual([]);
  await context.close();
  stranger.stop();
});

test("a redirect is a problem in a browser too", async () => {
  const context = await browser.newContext();
  const { page } = await openPage(context);
  await visit(page, site, `${site.origin}/elsewhere`);
  expect(await whoAmI(page)).toBe("unexpected_response");
  await context.close();
});

function whoAmI(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const { data, problem } = await client.getSession();
    return problem ? problem.code : data.user.email;
  });
}
