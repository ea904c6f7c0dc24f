// Passkeys in the single-page app of the examples, in Chromium: its virtual authenticator stands for the user's.

import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Chromium, launchChromium, type Page } from "../../doctor/src/browsers/chromium.js";
import { HERE } from "./support/network.js";
import { newPerson } from "./support/people.js";
import { type Service, startService } from "./support/service.js";
import { type Spa, serveSpa } from "./support/spa.js";

const HOST = "admin.jazzmeet.site";

let spa: Spa;
let service: Service;
let chromium: Chromium;
beforeAll(async () => {
  spa = await serveSpa();
  service = await startService([spa.at(HOST)]);
  await spa.build(service.origin, "cookie");
  const network = { address: HERE, pins: [inject("tls").pin] };
  chromium = await launchChromium({ thirdPartyCookies: true, network });
});
afterAll(async () => {
  await chromium?.stop();
  await service?.stop();
  await spa?.stop();
});

test("add a passkey, sign in with it in the autofill, rename it, remove it", async () => {
  const ada = newPerson();
  const page = await chromium.browser.newPage();
  await addAuthenticator(page);
  await page.goto(spa.at(HOST));
  const press = (name: string | RegExp) => page.getByRole("button", { name }).first().click();
  const fill = (label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text);
  const reads = (text: string | RegExp) => page.getByText(text).first().waitFor();
  await press("Create an account");
  await fill("Email", ada.email);
  await fill("Password", ada.password);
  await press("Sign up");
  await press("Add a passkey");
  await fill("Your password", ada.password);
  await press("Add a passkey");
  await reads("Write these recovery codes down");
  await press("I wrote them down");
  await reads(/^Added /);

  // The form offers the passkey in its autofill, and the authenticator answers at once.
  await press("Sign out");
  await reads(/last used/);
  await press(/^Rename: /);
  await fill("Name of the passkey", "My laptop");
  await page.getByRole("button", { name: "Save the name" }).last().click();
  await reads("My laptop");

  await press("Remove the passkey: My laptop");
  await fill("Your password", ada.password);
  await press("Remove the passkey");
  await reads("A passkey signs you in without your password");
  await press("Sign out");
  await fill("Email", ada.email);
  await fill("Password", ada.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await reads("This session");
  expect(await page.getByText("Recovery codes left").count()).toBe(0);
  await page.close();
});

async function addAuthenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
