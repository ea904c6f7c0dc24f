// Passkeys in Chromium: its virtual authenticator makes them and signs with them.

import type { CDPSession, Page } from "playwright-core";
import { expect, test } from "vitest";
import { visit } from "../support/page.js";
import { ADA, chromiumForAll, stageForAll } from "../support/stage.js";

const stage = stageForAll();
const chromium = chromiumForAll();

test("add a passkey, sign in with it, and in the autofill, until it is removed", async () => {
  const context = await chromium.browser.newContext();
  const page = await context.newPage();
  const { cdp, authenticatorId } = await withAuthenticator(page);
  await visit(page, stage.site, stage.service.url);
  await page.evaluate((ada) => client.throwing.signIn(ada), ADA);
  const added = await page.evaluate(async () => {
    const { data } = await client.passkeys.register({ name: "My laptop" });
    return { passkey: data?.passkey, codes: data?.recovery_codes?.length };
  });
  expect(added).toMatchObject({ codes: 10, passkey: { name: "My laptop", backup_eligible: true } });
  const again = await page.evaluate(() => client.passkeys.register().catch(({ name }) => name));
  expect(again).toBe("InvalidStateError");

  for (const conditional of [false, true]) {
    await page.evaluate(() => client.signOut());
    const signedIn = await page.evaluate(async (conditional) => {
      const { data } = await client.passkeys.signIn({ conditional });
      return [data?.session.assurance, client.session.get().user?.email];
    }, conditional);
    expect(signedIn).toEqual([2, ADA.email]);
  }
  const fresh = await page.evaluate(async () => {
    const { problem } = await client.passkeys.reauthenticate();
    return [problem, (await client.throwing.listPasskeys()).items[0]?.last_used_at !== undefined];
  });
  expect(fresh).toEqual([undefined, true]);
  const challenged = await page.evaluate(async (ada) => {
    const { data } = await client.signIn(ada);
    const completed = await client.passkeys.completeSignIn();
    return [data?.status, completed.data?.session.methods];
  }, ADA);
  expect(challenged).toEqual(["challenge", ["pwd", "swk", "user", "mfa"]]);

  await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  const unverified = await page.evaluate(() => client.passkeys.signIn().catch(({ name }) => name));
  expect(unverified).toBe("NotAllowedError");
  await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });

  const forgotten = new Promise((done) => cdp.on("WebAuthn.credentialDeleted", done));
  const removed = await page.evaluate(async () => {
    const { items } = await client.throwing.listPasskeys();
    for (const { id } of items) await client.throwing.removePasskey({ id });
    return (await client.passkeys.signIn()).problem?.code;
  });
  expect(removed).toBe("unknown_passkey");
  await forgotten;
  await context.close();
});

async function withAuthenticator(
  page: Page,
): Promise<{ cdp: CDPSession; authenticatorId: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: true,
      defaultBackupState: true,
    },
  });
  return { cdp, authenticatorId };
}
