// The single-page app of the examples, as people use it: on another origin than the service, in both
// modes.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { focused, mistakes } from "./support/accessibility.js";
import { BROWSERS, KINDS, type Tab } from "./support/browser.js";
import { direct, signedIn as signedInElsewhere } from "./support/direct.js";
import { newPerson, type Person } from "./support/people.js";
import { reads } from "./support/reads.js";
import { type Service, startService } from "./support/service.js";
import { developSpa, MODES, type Mode, modesIn, type Spa, serveSpa } from "./support/spa.js";
import {
  comeBack,
  exportData,
  openSignUp,
  sendSignIn,
  sendSignUp,
  signIn,
} from "./support/using_apps.js";
import { visitorsOf } from "./support/visitor.js";
import { NOTHING, withinReachOfScripts } from "./support/within_reach.js";

/** On the service's site, and on another. */
const SIBLING = "admin.jazzmeet.site";
const ELSEWHERE = "jazzmeet-admin.site";

/** How many wrong passwords an account may stand in an hour. */
const GUESSES = 3;

const apps = {} as Record<Mode, Spa>;
let service: Service;
beforeAll(async () => {
  for (const mode of MODES) apps[mode] = await serveSpa();
  const origins = MODES.flatMap((mode) => [apps[mode].at(SIBLING), apps[mode].at(ELSEWHERE)]);
  service = await startService(origins, { BIFRONS_LIMITS__ACCOUNT: `${GUESSES}/1h` });
  await Promise.all(MODES.map((mode) => apps[mode].build(service.origin, mode)));
});
afterAll(async () => {
  await service?.stop();
  for (const mode of MODES) await apps[mode]?.stop();
});

describe.each(KINDS)("$name, on another site than the service", (kind) => {
  const arrive = visitorsOf(kind);

  test.each(modesIn(KINDS)(kind))(
    "%s mode: sign up, reload, end a session, change the password, sign out",
    async (mode) => {
      const ada = newPerson();
      const tab = await (await arrive()).open(apps[mode].at(ELSEWHERE));
      await openSignUp(tab);
      await reads(tab, "At least 8 characters.");
      expect(await tab.text()).not.toContain("First you confirm your address");
      await tab.fill("Name", "Ada Lovelace");
      await sendSignUp(tab, { ...ada, password: "short" });
      await reads(tab, "at least 8 characters");
      expect(await tab.run(focused, undefined)).toEqual({
        name: "password",
        invalid: "true",
        about: "must have at least 8 characters",
      });
      expect(await mistakes(tab)).toEqual([]);

      await tab.tick("Keep me signed in on this device");
      await sendSignUp(tab, ada);
      await reads(tab, "Ada Lovelace", ada.email, "This session");
      const kept = mode === "cookie" ? "session" : "refresh";
      expect(await tab.setCookies()).toContainEqual(
        expect.stringMatching(`^__Host-bifrons_${kept}=.*Max-Age=\\d{6}`),
      );
      expect(await tab.run(withinReachOfScripts, undefined)).toEqual(NOTHING);
      await tab.reload();
      await reads(tab, "Ada Lovelace", "This session");

      const device = await signedInElsewhere(service.origin, ada);
      await comeBack(tab);
      await reads(tab, "End all others");
      expect(await mistakes(tab)).toEqual([]);
      expect(await tab.run(overflowAt, PHONE)).toBe(0);
      await tab.press("End this one");
      await reads(tab, "The session is ended.");
      expect((await device.getSession()).problem?.status).toBe(401);

      const { user, sessions } = await exportData(tab);
      expect(user).toMatchObject({ name: "Ada Lovelace", email: ada.email });
      expect(sessions.map(({ ended_because }) => ended_because)).toEqual([undefined, "revoked"]);

      await tab.fill("Current password", "not the password");
      await tab.fill("New password", "a second password");
      await tab.press("Change the password");
      await reads(tab, "This is not your password.");
      await tab.fill("Current password", ada.password);
      await tab.press("Change the password");
      await reads(tab, "The password is changed");
      expect(await tab.run(withinReachOfScripts, undefined)).toEqual(NOTHING);

      await tab.press("Sign out");
      await reads(tab, "You are signed out.");
      await tab.reload();
      await reads(tab, "Sign in");
      await sendSignIn(tab, ada);
      await reads(tab, "The email or the password is wrong.");
      expect(await tab.run(withinReachOfScripts, undefined)).toEqual(NOTHING);
    },
  );
});

describe.each(BROWSERS)("$name, on the service's site", (kind) => {
  const arrive = visitorsOf(kind);

  test.each(modesIn(BROWSERS)(kind))(
    "%s mode: a session that is ended on another device is gone with its next call",
    async (mode) => {
      const ada = newPerson();
      await direct(service.origin).registerUser(ada);
      const [phone, laptop] = [await signedIn(mode, ada), await signedIn(mode, ada)];
      await comeBack(laptop);
      await reads(laptop, "End this one");
      await laptop.press("End this one");
      await reads(laptop, "The session is ended.");

      await comeBack(phone);
      await expect.poll(() => phone.text()).toContain("Your session was ended");
      expect(await phone.run(withinReachOfScripts, undefined)).toEqual(NOTHING);
      expect(await laptop.text()).toContain("This session");
    },
  );

  test("a long name and a long address break no line of the layout", async () => {
    const local = "a".repeat(64);
    const email = `${local}@${"b".repeat(60)}.example.org`;
    const ada = { email, password: newPerson().password };
    await direct(service.origin).registerUser({ ...ada, name: "W".repeat(100) });
    const tab = await (await arrive()).open(apps.cookie.at(SIBLING));
    await reads(tab, "Sign in");
    await sendSignIn(tab, ada);
    await reads(tab, email, "This session");
    expect(await tab.run(overflowAt, PHONE)).toBe(0);
  });

  test("too many wrong passwords: it says when to try again", async () => {
    const ada = newPerson();
    await direct(service.origin).registerUser(ada);
    const guess = { ...ada, password: "not the password" };
    for (let guesses = 0; guesses < GUESSES; guesses += 1)
      await direct(service.origin).signIn(guess);
    const tab = await (await arrive()).open(apps.cookie.at(SIBLING));
    await reads(tab, "Sign in");
    await sendSignIn(tab, guess);
    await reads(tab, "Too many attempts. Try again in 20 minutes.");
  });

  test("an origin that is not listed: the console tells the developer what to do", async () => {
    const developed = await developSpa(service.origin);
    try {
      const tab = await (await arrive()).open(developed.origin);
      await reads(tab, "The service does not answer.");
      const advice = `this page may not read its answers. Add "${developed.origin}" to its dev_origins, and use mode: "token" with refreshIn: "body".`;
      await expect.poll(() => tab.warnings).toEqual([expect.stringContaining(advice)]);
    } finally {
      await developed.stop();
    }
  });

  /** A page of the signed-in user, on the service's site. */
  async function signedIn(mode: Mode, person: Person): Promise<Tab> {
    const tab = await (await arrive()).open(apps[mode].at(SIBLING));
    await signIn(tab, person);
    return tab;
  }
});

/** The narrowest phones that are common, in CSS pixels. */
const PHONE = 375;

/** Runs in the page: how much of it sticks out of a screen of that width. */
async function overflowAt(width: number): Promise<number> {
  const frame = document.createElement("iframe");
  frame.style.cssText = `border: 0; width: ${width}px`;
  frame.src = location.href;
  document.body.append(frame);
  await new Promise((done) => {
    frame.onload = done;
  });
  while (!frame.contentDocument?.querySelector("li")) await new Promise(requestAnimationFrame);
  const { scrollWidth, clientWidth } = frame.contentDocument.documentElement;
  frame.remove();
  return scrollWidth - clientWidth;
}
