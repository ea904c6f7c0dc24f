// The single-page app with a service that wants addresses confirmed before there is an account, long passwords, and
// time before it deletes an account: the forms say so.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BROWSERS } from "./support/browser.js";
import { ADA } from "./support/people.js";
import { reads } from "./support/reads.js";
import { type Service, startService } from "./support/service.js";
import { type SpaWithMail, serveSpaWithMail } from "./support/spa_with_mail.js";
import { address, openSignUp, sendSignUp } from "./support/using_apps.js";
import { visitorsOf } from "./support/visitor.js";

let app: SpaWithMail;
let service: Service;
beforeAll(async () => {
  app = await serveSpaWithMail();
  const settings = {
    ...app.settings,
    BIFRONS_REGISTRATION: "verified",
    BIFRONS_PASSWORDS__MIN_LENGTH: "12",
    BIFRONS_ACCOUNTS__DELETION_GRACE: "30d",
  };
  service = await startService([app.origin], settings);
  await app.build(service.origin, "cookie");
});
afterAll(async () => {
  await service?.stop();
  await app?.stop();
});

// Browsers do not differ in this.
describe.each(BROWSERS.slice(0, 1))("$name", (kind) => {
  const arrive = visitorsOf(kind);

  test("sign up, open the mail's link, choose the password, and be signed in", async () => {
    const visitor = await arrive();
    const tab = await visitor.open(app.origin);
    await openSignUp(tab);
    await reads(tab, "First you confirm your address", "At least 12 characters.");
    // It opens no session yet.
    expect(await tab.text()).not.toContain("Keep me signed in");
    await sendSignUp(tab, ADA);
    await reads(tab, "A mail to this address tells you how to go on.");

    const link = await app.link(ADA.email, "confirm");
    const opened = await visitor.open(link);
    await reads(opened, "Confirm your address");
    expect(await address(opened)).toBe(`${app.origin}/`);
    await opened.press("Confirm");
    await reads(opened, "This completes your sign-up.", "At least 12 characters.");
    await opened.fill("Your password", "102030405060");
    await opened.press("Create the account");
    await reads(opened, "one of the most common passwords");
    await opened.fill("Your password", ADA.password);
    await opened.press("Create the account");
    await reads(opened, "Your account is created.");
    await opened.press("Go on");
    await reads(opened, ADA.email, "This session", "your account is deleted after 30 days");
    await opened.press("Sign out");
    await reads(opened, "You are signed out.");

    const late = await visitor.open(link);
    await reads(late, "Confirm your address");
    await late.press("Confirm");
    await late.fill("Your password", ADA.password);
    await late.press("Create the account");
    await reads(late, "This link was used, or is too old.");
  });
});
