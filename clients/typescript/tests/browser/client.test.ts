import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { codeOf } from "../../../browsers/tests/support/authenticator.js";
import { NOTHING, withinReachOfScripts } from "../../../browsers/tests/support/within_reach.js";
import { openPage } from "../support/chromium.js";
import { DEVICE } from "../support/cookies.js";
import { serveSite, visit } from "../support/page.js";
import { ADA, chromiumForAll, stageForAll } from "../support/stage.js";

const stage = stageForAll();
const chromium = chromiumForAll();

const grace = { ...ADA, email: "grace@example.org" };

test("a page of another origin signs up, signs in, reloads, signs out", async () => {
  const context = await chromium.browser.newContext();
  const { page, origins, complaints } = await openPage(context);
  await visit(page, stage.site, stage.service.url);
  expect(new URL(stage.service.url).origin).not.toBe(stage.site.origin);

  expect(
    await page.evaluate(async (who) => (await client.registerUser(who)).data?.email, grace),
  ).toBe(grace.email);
  expect(await whoAmI(page)).toBe("unauthenticated");
  const refused = { ...grace, password: "not the password" };
  expect(
    await page.evaluate(async (who) => (await client.signIn(who)).problem?.code, refused),
  ).toBe("invalid_credentials");

  expect(await page.evaluate(async (who) => (await client.signIn(who)).data, grace)).toMatchObject({
    status: "signed-in",
    session: { mode: "cookie" },
  });
  expect(await whoAmI(page)).toBe(grace.email);

  await page.reload();
  await page.waitForFunction(() => "client" in globalThis);
  expect(await whoAmI(page)).toBe(grace.email);
  expect(await page.evaluate(withinReachOfScripts)).toEqual(NOTHING);
  const hidden = { httpOnly: true, sameSite: "Lax" };
  expect(await context.cookies(stage.service.url)).toMatchObject([
    { name: "bifrons_session", ...hidden },
    { name: DEVICE, ...hidden },
  ]);

  expect(await page.evaluate(async () => (await client.signOut()).response.status)).toBe(204);
  expect(await whoAmI(page)).toBe("unauthenticated");
  expect(await context.cookies(stage.service.url)).toMatchObject([{ name: DEVICE }]);

  expect(origins).toEqual(new Set([stage.site.origin, stage.service.url]));
  expect(complaints).toEqual([]);
  await context.close();
});

test("a page of another origin administers, with the cookie and with If-Match", async () => {
  const context = await chromium.browser.newContext();
  const { page, complaints } = await openPage(context);
  await visit(page, stage.site, stage.service.url);
  await stage.service.command("user", "roles", ADA.email, "--add", "admin", "--unverified");
  const uri = await page.evaluate(async (ada) => {
    await client.throwing.signIn(ada);
    return (await client.throwing.startTotp()).uri;
  }, ADA);
  const code = await codeOf(uri);
  const seen = await page.evaluate(async (code) => {
    await client.throwing.confirmTotp({ code });
    const { user } = await admin.throwing.createUser({ email: "eve@example.org" });
    const { id, version } = user;
    const first = await admin.updateUser({ id, version, roles: ["editor"] });
    const second = await admin.updateUser({ id, version, roles: ["reader"] });
    const roles = (await admin.throwing.getUser({ id })).roles;
    return [first.problem?.code, second.problem?.code, ...roles];
  }, code);
  expect(seen).toEqual([undefined, "version_conflict", "editor"]);
  expect(complaints).toEqual([]);
  await context.close();
});

test("a page of an origin that is not listed cannot call", async () => {
  const stranger = await serveSite();
  const context = await chromium.browser.newContext();
  const { page } = await openPage(context);
  await visit(page, stranger, stage.service.url);
  const failure = await page.evaluate((who) => client.signIn(who).catch(String), grace);
  expect(failure).toBe("TypeError: Failed to fetch");
  expect(await context.cookies(stage.service.url)).toEqual([]);
  await context.close();
  stranger.stop();
});

test("a redirect is a problem in a browser too", async () => {
  const context = await chromium.browser.newContext();
  const { page } = await openPage(context);
  await visit(page, stage.site, `${stage.site.origin}/elsewhere`);
  expect(await whoAmI(page)).toBe("unexpected_response");
  await context.close();
});

function whoAmI(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const { data, problem } = await client.getSession();
    return problem ? problem.code : data.user.email;
  });
}
