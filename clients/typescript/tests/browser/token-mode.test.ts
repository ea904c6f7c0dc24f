import type { BrowserContext, Page } from "playwright-core";
import { beforeEach, expect, test } from "vitest";
import { openPage } from "../support/chromium.js";
import { callOften, expireAccess, sessionStatus } from "../support/in_page.js";
import { visit } from "../support/page.js";
import { ADA, chromiumForAll, stageForAll } from "../support/stage.js";

const REFRESH = "**/v1/tokens/refresh";
const MODES = [
  ["cookie", {}],
  ["token", { mode: "token", refreshIn: "cookie" }],
] as const;
const [, [, BEARER]] = MODES;

const stage = stageForAll();
const chromium = chromiumForAll();

let context: BrowserContext;
let refreshes: number;
beforeEach(async () => {
  context = await chromium.browser.newContext();
  refreshes = 0;
  context.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/v1/tokens/refresh")) refreshes += 1;
  });
  return () => context.close();
});

test("50 calls with an access token that the service refuses: one refresh", async () => {
  const page = await signedIn();
  let refused = 0;
  // Spoilt on its way, so that it is the service itself that refuses it.
  await page.route("**/v1/me", (route, request) => {
    const headers = request.headers();
    const spoils = headers["authorization"] !== undefined && refused < 50;
    if (spoils) refused += 1;
    return route.continue(
      spoils ? { headers: { ...headers, authorization: "Bearer spoilt" } } : {},
    );
  });
  expect(await call(page, 50)).toEqual(Array(50).fill(ADA.email));
  expect(refused).toBe(50);
  expect(refreshes).toBe(1);
});

test("one tab's refresh serves the others", async () => {
  const first = await signedIn();
  const second = await open();
  await call(second);
  const before = refreshes;
  await Promise.all([expire(first), expire(second)]);
  await call(first);
  await expect.poll(() => call(second)).toEqual([ADA.email]);
  expect(refreshes - before).toBe(1);
});

test("Retry-After is honoured, and the user stays signed in", async () => {
  const page = await signedIn();
  await expire(page);
  const problem = { type: "about:blank", title: "Later", status: 503, code: "unavailable" };
  const cors = {
    "access-control-allow-origin": stage.site.origin,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "retry-after",
  };
  await page.route(REFRESH, (route) =>
    route.fulfill({
      status: 503,
      headers: { ...cors, "content-type": "application/problem+json", "retry-after": "60" },
      body: JSON.stringify(problem),
    }),
  );
  expect(await call(page, 20)).toEqual(Array(20).fill("unavailable"));
  expect(await call(page, 20)).toEqual(Array(20).fill("unavailable"));
  expect(refreshes).toBe(1);
  await page.unroute(REFRESH);
  await expire(page);
  expect(await call(page)).toEqual([ADA.email]);
});

test.each(MODES)(
  "%s mode: a sign-in, a change and a sign-out reach the other tabs",
  async (_, options) => {
    const first = await open(options);
    const second = await open(options);
    // As a page does that shows the session.
    for (const page of [first, second]) {
      await page.evaluate(() => void client.session.subscribe(() => {}));
    }
    await signIn(first);
    await expect.poll(() => status(second)).toBe("signed-in");
    expect(await call(second)).toEqual([ADA.email]);
    await second.evaluate(() => client.updateMe({ name: "Ada" }));
    const name = (): Promise<unknown> => first.evaluate(() => client.session.get().user?.name);
    await expect.poll(name).toBe("Ada");
    await second.evaluate(() => client.signOut());
    await expect.poll(() => status(first)).toBe("signed-out");
    expect(await call(first)).toEqual(["unauthenticated"]);
  },
);

test("a reload finds the session again, and leaving offline leaves this page", async () => {
  const page = await signedIn();
  await page.reload();
  await page.waitForFunction(() => "client" in globalThis);
  expect(await page.evaluate(async () => (await client.session.load()).status)).toBe("signed-in");
  await context.setOffline(true);
  expect(await page.evaluate(() => client.signOut().catch((error) => error.name))).toBe(
    "TypeError",
  );
  expect(await status(page)).toBe("signed-out");
  await context.setOffline(false);
  expect(await call(page)).toEqual(["unauthenticated"]);
});

test("token mode loads its part at once, and again after a failure; cookie mode never does", async () => {
  const { page } = await openPage(context);
  let loads = 0;
  await page.route("**/token-manager-*.js", (route) => {
    loads += 1;
    return loads === 1 ? route.abort() : route.continue();
  });
  await visit(page, stage.site, stage.service.url);
  await signIn(page);
  expect(loads).toBe(0);
  await visit(page, stage.site, stage.service.url, BEARER);
  await expect.poll(() => loads).toBe(1);
  await signIn(page);
  expect(await call(page)).toEqual([ADA.email]);
  expect(loads).toBe(2);
});

async function open(options: object = BEARER): Promise<Page> {
  const { page } = await openPage(context);
  await visit(page, stage.site, stage.service.url, options);
  return page;
}

async function signedIn(options: object = BEARER): Promise<Page> {
  const page = await open(options);
  await signIn(page);
  return page;
}

async function signIn(page: Page): Promise<void> {
  const code = await page.evaluate(async (who) => (await client.signIn(who)).problem?.code, ADA);
  expect(code).toBeUndefined();
}

const expire = (page: Page): Promise<void> => page.evaluate(expireAccess);
const call = (page: Page, times = 1): Promise<string[]> => page.evaluate(callOften, times);
const status = (page: Page): Promise<string> => page.evaluate(sessionStatus);
