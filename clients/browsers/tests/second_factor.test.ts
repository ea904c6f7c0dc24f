// Second factors in the single-page app of the examples: a user scans the QR code, and signs in with a code.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mistakes } from "./support/accessibility.js";
import { codeOf, scan } from "./support/authenticator.js";
import { BROWSERS, type Tab } from "./support/browser.js";
import { newPerson } from "./support/people.js";
import { reads } from "./support/reads.js";
import { type Service, startService } from "./support/service.js";
import { MODES, type Mode, modesIn, type Spa, serveSpa } from "./support/spa.js";
import { sendSignIn, signUp } from "./support/using_apps.js";
import { visitorsOf } from "./support/visitor.js";
import { NOTHING, withinReachOfScripts } from "./support/within_reach.js";

const HOST = "admin.jazzmeet.site";

const apps = {} as Record<Mode, Spa>;
let service: Service;
beforeAll(async () => {
  for (const mode of MODES) apps[mode] = await serveSpa();
  service = await startService(MODES.map((mode) => apps[mode].at(HOST)));
  await Promise.all(MODES.map((mode) => apps[mode].build(service.origin, mode)));
});
afterAll(async () => {
  await service?.stop();
  for (const mode of MODES) await apps[mode]?.stop();
});

describe.each(BROWSERS)("$name", (kind) => {
  const arrive = visitorsOf(kind);

  test.each(modesIn(BROWSERS)(kind))(
    "%s mode: scan the QR code, sign in with a code, and with a recovery code",
    async (mode) => {
      const ada = newPerson();
      const tab = await (await arrive()).open(apps[mode].at(HOST));
      await signUp(tab, ada);
      await tab.press("Add an authenticator app");
      await tab.fill("Your password", ada.password);
      await tab.press("Go on");
      await reads(tab, "Scan this with your app");
      const uri = await scan(await tab.run(shownImage, undefined));
      expect(uri).toMatch(/^otpauth:\/\/totp\//);
      await tab.fill("Code", "000000");
      await tab.press("Confirm");
      await reads(tab, "This code is wrong");
      expect(await mistakes(tab)).toEqual([]);
      await tab.fill("Code", await codeOf(uri));
      await tab.press("Confirm");
      await reads(tab, "Write these recovery codes down");
      const [recoveryCode = ""] = /\b(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}\b/.exec(await tab.text()) ?? [];
      await tab.press("I wrote them down");
      await reads(tab, "You have an authenticator app since", "Recovery codes left: 10.");

      await signOut(tab);
      await sendSignIn(tab, ada);
      await reads(tab, "Second step");
      expect(await mistakes(tab)).toEqual([]);
      // The code of the next step: the one before confirmed the app.
      await tab.fill("Code", await codeOf(uri, 30));
      await tab.press("Sign in");
      await reads(tab, ada.email, "This session");
      expect(await tab.run(withinReachOfScripts, undefined)).toEqual(NOTHING);

      await signOut(tab);
      await sendSignIn(tab, ada);
      await reads(tab, "Second step");
      await tab.press("Use a recovery code");
      await tab.fill("Recovery code", recoveryCode);
      await tab.press("Sign in");
      await reads(tab, ada.email, "Recovery codes left: 9.");
    },
  );
});

async function signOut(tab: Tab): Promise<void> {
  await tab.press("Sign out");
  await reads(tab, "You are signed out.");
}

/** Runs in the page: the image in SVG. */
function shownImage(): string {
  const source = document.querySelector("img")?.src ?? "";
  return decodeURIComponent(source.slice(source.indexOf(",") + 1));
}
