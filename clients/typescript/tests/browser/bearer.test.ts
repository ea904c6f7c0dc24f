import type { Browser, BrowserContext, Page } from "playwright-core";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { type Client, createClient } from "../../src/index.js";
import { openPage } from "../support/chromium.js";
import { NOTHING, type Site, visit, withinReachOfScripts } from "../support/page.js";
import type { Service } from "../support/service.js";
import { ADA, openStage } from "../support/stage.js";

const REFRESH = "**/v1/tokens/refresh";
const FACES = [
  ["cookie", {}],
  ["bearer", { face: "bearer", refreshIn: "cookie" }],
] as const;
const [, [, BEARER]] = FACES;

let browser: Browser;
let site: Site;
let service: Service;
beforeAll(async () => {
  const stage = await openStage();
  ({ browser, site, service } = stage);
  return stage.close;
});

let context: BrowserContext;
let refreshes: number;
beforeEach(async () => {
  context = await browser.newContext();
  refreshes = 0;
  context.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/v1/tokens/refresh")) refreshes += 1;
  });
  return () => context.close();
});

test("50 calls with an access token that is over: one refresh", async () => {
  const page = await signedIn();
  await expire(page);
  expect(await call(page, 50)).toEqual(Array(50).fill(ADA.email));
  expect(refreshes).toBe(1);
  expect(await withinReachOfScripts(page)).toEqual(NOTHING);
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

test("four tabs that wake at once all stay signed in, twice", async () => {
  const first = await signedIn();
  const tabs = [first, await open(), await open(), await open()];
  expect(await Promise.all(tabs.map((tab) => call(tab)))).toEqual(Array(4).fill([ADA.email]));
  for (let round = 1; round <= 2; round += 1) {
    const before = refreshes;
    await Promise.all(tabs.map((tab) => expire(tab)));
    const answers = await Promise.all(tabs.map((tab) => call(tab, 5)));
    expect(answers.flat()).toEqual(Array(20).fill(ADA.email));
    expect(await Promise.all(tabs.map(status))).toEqual(Array(4).fill("signed-in"));
    expect(refreshes - before).toBeGreaterThanOrEqual(1);
    expect(refreshes - before).toBeLessThanOrEqual(4);
  }
  for (const tab of tabs) expect(await withinReachOfScripts(tab)).toEqual(NOTHING);
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

test("an answer that is lost on its way is asked for again", async () => {
  const page = await signedIn();
  await expire(page);
  let lost = 0;
  await page.route(REFRESH, async (route, request) => {
    lost += 1;
    if (lost > 1) return route.continue();
    // The service answers, and nobody hears it: not the page, and not the browser's cookies.
    const headers = await request.allHeaders();
    const body = request.postData();
    const answer = await fetch(request.url(), { method: "POST", headers, body });
    expect(answer.status).toBe(200);
    return route.abort("connectionreset");
  });
  expect(await call(page)).toEqual([ADA.email]);
  expect(lost).toBe(2);
  expect(await status(page)).toBe("signed-in");
});

test.each(FACES)("%s face: the service restarts, and nobody is signed out", async (_, options) => {
  const page = await signedIn(options);
  await service.down();
  await expire(page);
  expect(await call(page, 3)).toEqual(Array(3).fill("TypeError"));
  expect(await status(page)).toBe("signed-in");
  await service.up();
  await expect.poll(() => call(page), { timeout: 20_000 }).toEqual([ADA.email]);
  expect(await status(page)).toBe("signed-in");
});

test("a service that asks for patience gets it, and nobody is signed out", async () => {
  const page = await signedIn();
  await expire(page);
  const problem = { type: "about:blank", title: "Later", status: 503, code: "unavailable" };
  const cors = {
    "access-control-allow-origin": site.origin,
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

test.each(FACES)("%s face: revoked elsewhere, signed out in every tab", async (_, options) => {
  const first = await signedIn(options);
  const tabs = [first, await open(options), await open(options)];
  for (const tab of tabs) expect(await call(tab)).toEqual([ADA.email]);

  const elsewhere = await device();
  expect((await elsewhere.endOtherSessions()).problem).toBeUndefined();
  await call(first);
  const all = (): Promise<string[]> => Promise.all(tabs.map(status));
  await expect.poll(all, { timeout: 1000 }).toEqual(Array(3).fill("signed-out"));
  for (const tab of tabs) {
    expect(["unauthenticated", "invalid_session"]).toEqual(expect.arrayContaining(await call(tab)));
    expect(await withinReachOfScripts(tab)).toEqual(NOTHING);
  }
});

test.each(FACES)("%s face: what one tab does, the others know", async (_, options) => {
  const first = await open(options);
  const second = await open(options);
  await signIn(first, options);
  await expect.poll(() => status(second), { timeout: 1000 }).toBe("signed-in");
  expect(await call(second)).toEqual([ADA.email]);
  await second.evaluate(() => client.updateMe({ name: "Ada" }));
  const name = (): Promise<unknown> => first.evaluate(() => client.session.get().user?.name);
  await expect.poll(name, { timeout: 1000 }).toBe("Ada");
  await second.evaluate(() => client.signOut());
  await expect.poll(() => status(first), { timeout: 1000 }).toBe("signed-out");
  expect(await call(first)).toEqual(["unauthenticated"]);
});

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

async function open(options: object = BEARER): Promise<Page> {
  const { page } = await openPage(context);
  await visit(page, site, service.url, options);
  return page;
}

async function signedIn(options: object = BEARER): Promise<Page> {
  const page = await open(options);
  await signIn(page, options);
  return page;
}

async function signIn(page: Page, options: object): Promise<void> {
  const face = "face" in options ? "issueTokens" : "signIn";
  const code = await page.evaluate(
    async ([method, who]) => (await client[method](who)).problem?.code,
    [face, ADA] as const,
  );
  expect(code).toBeUndefined();
}

/** Another device of the same person. */
async function device(): Promise<Client> {
  const client = createClient({ baseUrl: service.url, face: "bearer", refreshIn: "body" });
  await client.issueTokens(ADA);
  return client;
}

/** Moves the clock of a tab past the end of its access token. */
function expire(page: Page): Promise<void> {
  return page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 11 * 60_000;
  });
}

/** So many calls at once: whose they are, or how they fail. */
function call(page: Page, count = 1): Promise<string[]> {
  return page.evaluate(
    (calls) =>
      Promise.all(
        Array.from({ length: calls }, () =>
          client.getMe().then(
            ({ data, problem }) => data?.email ?? problem?.code ?? "",
            (error: Error) => error.name,
          ),
        ),
      ),
    count,
  );
}

function status(page: Page): Promise<string> {
  return page.evaluate(() => client.session.get().status);
}
