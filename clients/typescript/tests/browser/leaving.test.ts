import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Client, ClientOptions } from "../../src/index.js";
import { type AnyBrowser, BROWSERS, type Tab, type Visitor } from "../support/browsers.js";
import { callOften, expireAccess, sessionStatus } from "../support/in_page.js";
import { addressOf } from "../support/page.js";
import { ADA, proxyForAll, stageForAll } from "../support/stage.js";

const TOKEN = { mode: "token", refreshIn: "cookie" } as const;

// A successor that is still lost after the grace time is fatal.
const stage = stageForAll({ BIFRONS_TOKENS__REFRESH_GRACE: "1s" });
const front = proxyForAll(stage);

describe.each(BROWSERS)("%s: the user leaves the page before the answer arrives", (_, start) => {
  let browser: AnyBrowser;
  beforeAll(async () => {
    browser = await start();
  });
  afterAll(() => browser?.stop());

  let visitor: Visitor;
  beforeEach(async () => {
    visitor = await browser.visitor();
    return () => visitor.leave();
  });

  const open = (options: Partial<ClientOptions>): Promise<Tab> =>
    visitor.open(addressOf(stage.site, front.proxy.url, options));
  const signIn = (tab: Tab): Promise<void> =>
    tab.run(async (who) => void (await client.throwing.signIn(who)), ADA);

  /** Starts a call, leaves the page while the proxy holds the answer, and then lets it through. */
  async function leaveDuring(
    tab: Tab,
    call: keyof Client & ("getMe" | "signIn" | "reauthenticate"),
    body: object = {},
  ): Promise<void> {
    const { received, answered } = front.proxy;
    let release = (): void => {};
    front.proxy.hold = new Promise((done) => {
      release = done;
    });
    await tab.run(([name, who]) => void client[name](who as never), [call, body] as const);
    await expect.poll(() => front.proxy.received - received).toBe(1);
    await tab.run((url) => {
      location.href = url;
    }, `${stage.site.origin}/client.js`);
    await expect.poll(() => tab.run(() => location.pathname, undefined)).toBe("/client.js");
    release();
    front.proxy.hold = undefined;
    await expect.poll(() => front.proxy.answered - answered).toBeGreaterThan(0);
  }

  test("a refresh: the user stays signed in", async () => {
    const tab = await open(TOKEN);
    await signIn(tab);
    await tab.run(expireAccess, undefined);
    await leaveDuring(tab, "getMe");
    // The grace time is over.
    await new Promise((done) => setTimeout(done, 1500));
    const back = await open(TOKEN);
    expect(await back.run(callOften, 1)).toEqual([ADA.email]);
    expect(await back.run(sessionStatus, undefined)).toBe("signed-in");
  });

  test("a sign-in: the user is signed in", async () => {
    const tab = await open({});
    await leaveDuring(tab, "signIn", ADA);
    expect(await (await open({})).run(callOften, 1)).toEqual([ADA.email]);
  });

  test("a re-authentication: the new cookie is stored", async () => {
    const tab = await open({});
    await signIn(tab);
    await leaveDuring(tab, "reauthenticate", { password: ADA.password });
    expect(await (await open({})).run(callOften, 1)).toEqual([ADA.email]);
  });
});
