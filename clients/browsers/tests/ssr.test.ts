// The server-rendered app of the examples, as people use it: with scripts and without.

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { mistakes } from "./support/accessibility.js";
import { postForm } from "./support/attacker.js";
import { BROWSERS, type Tab } from "./support/browser.js";
import { direct, signedIn as signedInElsewhere } from "./support/direct.js";
import { type Pages, servePages } from "./support/pages.js";
import { ADA, MALLORY, type Person } from "./support/people.js";
import { reads } from "./support/reads.js";
import { type Service, startService } from "./support/service.js";
import { type Ssr, startSsr, VISITOR_ADDRESS } from "./support/ssr.js";
import { signIn } from "./support/using_apps.js";
import { visitorsOf } from "./support/visitor.js";
import { NOTHING, withinReachOfScripts } from "./support/within_reach.js";

let service: Service;
let app: Ssr;
let strangers: Pages;
beforeAll(async () => {
  service = await startService([], { BIFRONS_PROXY__TRUSTED: "127.0.0.1/32" });
  for (const person of [ADA, MALLORY]) await direct(service.origin).registerUser(person);
  app = await startSsr(service.origin);
  strangers = await servePages();
});
afterAll(async () => {
  strangers?.stop();
  await app?.stop();
  await service?.stop();
});

describe.each(BROWSERS)("$name", (kind) => {
  const arrive = visitorsOf(kind);

  describe.each([
    ["with scripts", "app.jazzmeet.site"],
    ["without scripts", "plain.jazzmeet.site"],
  ])("%s", (_, host) => {
    test("what is wrong, sign in by the form, end another session, sign out", async () => {
      const tab = await (await arrive()).open(`${app.at(host)}/`);
      await reads(tab, "Sign in");
      await tab.fill("Email", ADA.email);
      await tab.fill("Password", "short");
      await tab.press("Create an account");
      await reads(tab, "at least 8 characters");
      await tab.fill("Password", "not the password");
      await tab.press("Create an account");
      await reads(tab, "There is an account with this address.");
      await tab.fill("Password", "not the password");
      await tab.press("Sign in");
      await reads(tab, "The email or the password is wrong.");
      expect(await mistakes(tab)).toEqual([]);
      await tab.fill("Password", ADA.password);
      await tab.tick("Keep me signed in");
      await tab.press("Sign in");
      await reads(tab, ADA.email, "This session", `from ${VISITOR_ADDRESS}`);
      expect(await tab.text()).toContain(await tab.run(() => navigator.userAgent, undefined));
      await findsNothing(tab);

      const device = await signedInElsewhere(service.origin, ADA);
      await tab.reload();
      await reads(tab, "End all others");
      expect(await mistakes(tab)).toEqual([]);
      await tab.press("End this one");
      await reads(tab, "The session is ended.");
      expect((await device.getSession()).problem?.status).toBe(401);

      await tab.press("Sign out");
      await reads(tab, "Sign in");
      await tab.reload();
      await reads(tab, "Sign in");
      await findsNothing(tab);
    });
  });

  test("requests of two people at once are never mixed up", async () => {
    const people = [ADA, MALLORY];
    // One after the other: a tab in the background cannot be acted on.
    const tabs = [await signedIn(ADA), await signedIn(MALLORY)];
    const seen = await Promise.all(tabs.map((tab) => tab.run(whoIsShown, 20)));
    expect(seen).toEqual(people.map(({ email }) => Array(20).fill(email)));
  });

  test("an outage of the service signs no user out", async () => {
    const tab = await signedIn(ADA);
    await service.down();
    await tab.reload();
    await reads(tab, "That did not work. Try again.");
    await service.up();
    await tab.reload();
    await reads(tab, ADA.email);
  });

  test("where addresses are confirmed first, it points to the mail", async () => {
    const verified = await startService([], {
      BIFRONS_REGISTRATION: "verified",
      BIFRONS_PAGES__CONFIRM_EMAIL: "https://admin.jazzmeet.site/",
    });
    onTestFinished(() => verified.stop());
    const strict = await startSsr(verified.origin);
    onTestFinished(() => strict.stop());
    const tab = await (await arrive()).open(strict.at("app.jazzmeet.site"));
    await reads(tab, "Sign in");
    await tab.fill("Email", ADA.email);
    await tab.fill("Password", ADA.password);
    await tab.press("Create an account");
    await reads(tab, "A mail to this address tells you how to go on.");
  });

  test("a form of another site signs no user in", async () => {
    const visitor = await arrive();
    const stranger = await visitor.open(strangers.at("jazzmeet-prizes.site"));
    const url = `${app.at("app.jazzmeet.site")}/sign-in?/signIn`;
    const asked = app.log.length;
    await stranger.run(postForm, { url, type: "application/x-www-form-urlencoded", who: MALLORY });
    await expect.poll(() => app.log.slice(asked)).toContain("POST /sign-in?/signIn 403");
    const tab = await visitor.open(app.at("app.jazzmeet.site"));
    await reads(tab, "Sign in");
  });

  async function signedIn(person: Person): Promise<Tab> {
    const tab = await (await arrive()).open(app.at("app.jazzmeet.site"));
    await signIn(tab, person);
    return tab;
  }
});

test("it looks as the single-page app does: with the same stylesheet", async () => {
  const styles = (example: string): Promise<string> =>
    readFile(`../examples/${example}/src/styles.css`, "utf8");
  expect(await styles("ssr")).toBe(await styles("spa"));
});

/** SvelteKit keeps how far its pages were scrolled; of the session, nothing is within reach of scripts. */
async function findsNothing(tab: Tab): Promise<void> {
  const found = await tab.run(withinReachOfScripts, undefined);
  expect(found).toEqual({ ...NOTHING, session: expect.any(Number) });
  const kept = await tab.run(() => Object.entries(sessionStorage), undefined);
  for (const [name, value] of kept) {
    expect(name).toMatch(/^sveltekit:/);
    expect(value).toMatch(/^[\s\d{}[\]":,.xy]*$/);
  }
}

/** Runs in the page: asks for it so often at once, and tells the addresses. */
function whoIsShown(times: number): Promise<(string | undefined)[]> {
  const ask = async (): Promise<string | undefined> =>
    /<p class="hint">(.*?)<\/p>/.exec(await (await fetch("/")).text())?.[1];
  return Promise.all(Array.from({ length: times }, ask));
}
