import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { NOTHING, withinReachOfScripts } from "../../../browsers/tests/support/within_reach.js";
import { type Client, type ClientOptions, createClient } from "../../src/index.js";
import { type AnyBrowser, BROWSERS, type Tab, type Visitor } from "../support/browsers.js";
import { callOften, expireAccess, sessionStatus } from "../support/in_page.js";
import { addressOf } from "../support/page.js";
import { ADA, proxyForAll, stageForAll } from "../support/stage.js";

const MODES = [
  ["cookie", {}],
  ["token", { mode: "token", refreshIn: "cookie" }],
] as const;
const [, [, BEARER]] = MODES;

const stage = stageForAll();
const front = proxyForAll(stage);

describe.each(BROWSERS)("%s", (_, start) => {
  let browser: AnyBrowser;
  beforeAll(async () => {
    browser = await start();
  });
  afterAll(() => browser?.stop());

  let visitor: Visitor;
  let opened: Tab[];
  beforeEach(async () => {
    visitor = await browser.visitor();
    opened = [];
    front.proxy.refreshes = 0;
  });
  // After every test: no script can read a credential.
  afterEach(async () => {
    const found = await Promise.all(opened.map((tab) => tab.run(withinReachOfScripts, undefined)));
    await visitor.leave();
    expect(found).toEqual(opened.map(() => NOTHING));
  });

  async function open(options: Partial<ClientOptions> = BEARER): Promise<Tab> {
    const tab = await visitor.open(addressOf(stage.site, front.proxy.url, options));
    opened.push(tab);
    return tab;
  }

  async function signedIn(options: Partial<ClientOptions> = BEARER): Promise<Tab> {
    const tab = await open(options);
    await tab.run(async (who) => void (await client.throwing.signIn(who)), ADA);
    return tab;
  }

  test("50 calls with an access token that is over: one refresh", async () => {
    const tab = await signedIn();
    await expire(tab);
    expect(await call(tab, 50)).toEqual(Array(50).fill(ADA.email));
    expect(front.proxy.refreshes).toBe(1);
  });

  test("four tabs that wake at once all stay signed in, twice", async () => {
    const tabs = [await signedIn(), await open(), await open(), await open()];
    expect(await Promise.all(tabs.map((tab) => call(tab)))).toEqual(Array(4).fill([ADA.email]));
    for (let round = 1; round <= 2; round += 1) {
      front.proxy.refreshes = 0;
      await Promise.all(tabs.map(expire));
      const answers = await Promise.all(tabs.map((tab) => call(tab, 5)));
      expect(answers.flat()).toEqual(Array(20).fill(ADA.email));
      expect(await Promise.all(tabs.map(status))).toEqual(Array(4).fill("signed-in"));
      expect(front.proxy.refreshes).toBeGreaterThanOrEqual(1);
      expect(front.proxy.refreshes).toBeLessThanOrEqual(4);
    }
  });

  test("a lost answer is requested again", async () => {
    const tab = await signedIn();
    await expire(tab);
    front.proxy.losing = 1;
    expect(await call(tab)).toEqual([ADA.email]);
    expect(front.proxy).toMatchObject({ losing: 0, refreshes: 2 });
    expect(await status(tab)).toBe("signed-in");
  });

  test.each(MODES)(
    "%s mode: the service restarts, and the user stays signed in",
    async (_, options) => {
      const tab = await signedIn(options);
      await stage.service.down();
      await expire(tab);
      expect(await call(tab, 3)).toEqual(Array(3).fill("TypeError"));
      expect(await status(tab)).toBe("signed-in");
      await stage.service.up();
      await expect.poll(() => call(tab)).toEqual([ADA.email]);
      expect(await status(tab)).toBe("signed-in");
    },
  );

  test.each(MODES)("%s mode: revoked elsewhere, signed out in every tab", async (_, options) => {
    const tabs = [await signedIn(options), await open(options), await open(options)];
    for (const tab of tabs) expect(await call(tab)).toEqual([ADA.email]);

    const elsewhere = await device();
    expect((await elsewhere.endOtherSessions()).problem).toBeUndefined();
    const [first] = tabs as [Tab];
    await call(first);
    const all = (): Promise<string[]> => Promise.all(tabs.map(status));
    await expect.poll(all).toEqual(Array(3).fill("signed-out"));
    for (const tab of tabs) {
      const [code] = await call(tab);
      expect(["unauthenticated", "invalid_session"]).toContain(code);
    }
  });
});

/** Another device of the same person. */
async function device(): Promise<Client> {
  const client = createClient({ baseUrl: stage.service.url, mode: "token", refreshIn: "body" });
  await client.signIn(ADA);
  return client;
}

const expire = (tab: Tab): Promise<void> => tab.run(expireAccess, undefined);
const call = (tab: Tab, times = 1): Promise<string[]> => tab.run(callOften, times);
const status = (tab: Tab): Promise<string> => tab.run(sessionStatus, undefined);
