// The single-page app with a service that wants addresses confirmed before there is an account.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BROWSERS } from "./support/browser.js";
import { ADA } from "./support/people.js";
import { reads } from "./support/reads.js";
import { type Service, startService } from "./support/service.js";
import { type Spa, serveSpa } from "./support/spa.js";
import { visitorsOf } from "./support/visitor.js";

const HOST = "admin.jazzmeet.site";

let spa: Spa;
let service: Service;
beforeAll(async () => {
  spa = await serveSpa();
  service = await startService([spa.at(HOST)], {
    BIFRONS_REGISTRATION: "verified",
    BIFRONS_PAGES__CONFIRM_EMAIL: `${spa.at(HOST)}/`,
  });
  await spa.build(service.origin, "cookie");
});
afterAll(async () => {
  await service?.stop();
  await spa?.stop();
});

// Browsers do not differ in this.
describe.each(BROWSERS.slice(0, 1))("$name", (kind) => {
  const arrive = visitorsOf(kind);

  test("sign up, open the mail's link, choose the password, and be signed in", async () => {
    const visitor = await arrive();
    const tab = await visitor.open(spa.at(HOST));
    await reads(tab, "Sign in");
    await tab.press("Create an account");
    await tab.fill("Email", ADA.email);
    await tab.fill("Password", ADA.password);
    await tab.press("Sign up");
    await reads(tab, "A mail to this address tells you how to go on.");

    const link = (): string | undefined => /^https:\S+#bfo_\S+$/m.exec(service.mail().join())?.[0];
    await expect.poll(link).toContain(spa.at(HOST));
    const opened = await visitor.open(link() ?? "");
    await reads(opened, "Confirm your address");
    expect(await opened.run(() => location.hash, undefined)).toBe("");
    await opened.fill("Your password", "password1");
    await opened.press("Confirm");
    await reads(opened, "one of the most common passwords");
    await opened.fill("Your password", ADA.password);
    await opened.press("Confirm");
    await reads(opened, ADA.email, "This session");
    await opened.press("Sign out");
    await reads(opened, "You are signed out.");

    const late = await visitor.open(link() ?? "");
    await reads(late, "Confirm your address");
    await late.fill("Your password", ADA.password);
    await late.press("Confirm");
    await reads(late, "This link was used, or is too old.");
  });
});
