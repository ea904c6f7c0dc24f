// The single-page app with a service that soon wants the password again before it exports.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { focused, mistakes } from "./support/accessibility.js";
import { BROWSERS, type Tab } from "./support/browser.js";
import { direct, signedIn } from "./support/direct.js";
import { newPerson, type Person } from "./support/people.js";
import { reads } from "./support/reads.js";
import { type Service, startService } from "./support/service.js";
import { MODES, modesIn, type Spa, serveSpa } from "./support/spa.js";
import { savedData, signIn, signUp } from "./support/using_apps.js";
import { visitorsOf } from "./support/visitor.js";

const FRESH_FOR_MS = 3000;

describe.each(MODES)("%s mode", (mode) => {
  let app: Spa;
  let origin: string;
  let service: Service;
  beforeAll(async () => {
    app = await serveSpa();
    origin = app.at("admin.jazzmeet.site");
    const settings = { BIFRONS_SESSIONS__FRESH_FOR: `${FRESH_FOR_MS / 1000}s` };
    service = await startService([origin], settings);
    await app.build(service.origin, mode);
  });
  afterAll(async () => {
    await service?.stop();
    await app?.stop();
  });

  const kinds = BROWSERS.filter((kind) => modesIn(BROWSERS)(kind).includes(mode));
  describe.each(kinds)("$name", (kind) => {
    const arrive = visitorsOf(kind);

    test("a session that is not fresh: it asks for the password, and exports then", async () => {
      const { ada, tab } = await signedInForLong();
      await tab.press("Download my data");
      await reads(tab, "You signed in a while ago.");
      expect(await tab.run(focused, undefined)).toEqual({
        name: "password",
        invalid: "false",
        about: "You signed in a while ago. Your password shows that it is still you.",
      });
      expect(await mistakes(tab)).toEqual([]);

      await tab.fill("Your password", "not the password");
      await tab.press("Download my data");
      await reads(tab, "This is not your password.");
      await tab.press("Not now");
      await expect.poll(() => tab.text()).not.toContain("Your password");

      await tab.press("Download my data");
      await reads(tab, "You signed in a while ago.");
      await service.down();
      await tab.fill("Your password", ada.password);
      await tab.press("Download my data");
      await reads(tab, "The service cannot be reached.");
      await service.up();
      await tab.press("Download my data");
      expect((await savedData(tab)).user.email).toBe(ada.email);
      expect(await tab.text()).not.toContain("Your password");
      expect(await tab.run(() => document.activeElement?.textContent, undefined)).toBe("Your data");
      expect(await mistakes(tab)).toEqual([]);
    });

    test("a user who signs out before the answer arrives: it becomes no file", async () => {
      const tab = await (await arrive()).open(origin);
      await signUp(tab, newPerson());
      await tab.run(holdExports, undefined);
      await tab.press("Download my data");
      await expect.poll(() => tab.run(isAborted, undefined)).toBe(false);
      await tab.press("Sign out");
      await reads(tab, "You are signed out.");
      await expect.poll(() => tab.run(isAborted, undefined)).toBe(true);
    });

    /** A page of a user whose session is not fresh. */
    async function signedInForLong(): Promise<{ ada: Person; tab: Tab }> {
      const ada = newPerson();
      await direct(service.origin).registerUser(ada);
      const tab = await (await arrive()).open(origin);
      await signIn(tab, ada);
      // A session that began later.
      const device = await signedIn(service.origin, ada);
      const refused = async (): Promise<unknown> => (await device.exportMe()).problem?.code;
      await expect.poll(refused).toBe("reauthentication_required");
      return { ada, tab };
    }
  });
});

declare global {
  /** Of the export whose answer is held. */
  var exporting: AbortSignal | undefined;
}

/** Runs in the page: from now on, it waits for the answers to exports. */
function holdExports(): void {
  const { fetch } = globalThis;
  globalThis.fetch = async (url, init) => {
    if (!String(url).endsWith("/v1/me/export")) return fetch(url, init);
    globalThis.exporting = init?.signal ?? undefined;
    return new Promise(() => {});
  };
}

/** Runs in the page. */
function isAborted(): boolean | undefined {
  return globalThis.exporting?.aborted;
}
