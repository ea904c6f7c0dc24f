// The pages of the single-page app that mails link to, in each language.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mistakes } from "./support/accessibility.js";
import { startChromium } from "./support/chromium.js";
import { reads } from "./support/reads.js";
import { type Service, startService } from "./support/service.js";
import { type SpaWithMail, serveSpaWithMail } from "./support/spa_with_mail.js";
import { address } from "./support/using_apps.js";
import { visitorsOf } from "./support/visitor.js";
import { NOTHING, withinReachOfScripts } from "./support/within_reach.js";

let app: SpaWithMail;
let service: Service;
beforeAll(async () => {
  app = await serveSpaWithMail();
  service = await startService([app.origin], app.settings);
  await app.build(service.origin, "cookie");
});
afterAll(async () => {
  await service?.stop();
  await app?.stop();
});

describe.each([
  {
    lang: "en",
    passwordLength: "At least 8 characters.",
    titles: {
      confirm: "Confirm your address",
      reset: "Choose a new password",
      undo: "Undo the change of your address",
      "not-me": "Secure your account",
    },
    undo: "Undo the change",
    refused: "This link was used, or is too old.",
  },
  {
    lang: "ko",
    passwordLength: "8자 이상이어야 합니다.",
    titles: {
      confirm: "주소 확인",
      reset: "새 비밀번호 설정",
      undo: "주소 변경 취소",
      "not-me": "계정 보호",
    },
    undo: "변경 취소하기",
    refused: "이미 사용했거나 만료된 링크입니다.",
  },
  {
    lang: "de",
    passwordLength: "Mindestens 8 Zeichen.",
    titles: {
      confirm: "Adresse bestätigen",
      reset: "Neues Passwort festlegen",
      undo: "Änderung der Adresse rückgängig machen",
      "not-me": "Konto schützen",
    },
    undo: "Rückgängig machen",
    refused: "Dieser Link wurde schon benutzt oder ist zu alt.",
  },
])("Chromium in the language $lang", ({ lang, passwordLength, titles, undo, refused }) => {
  const arrive = visitorsOf({
    start: () => startChromium({ thirdPartyCookies: true, language: `${lang}-XX` }),
  });

  test("a link hides its token and does nothing until the user presses the button", async () => {
    const visitor = await arrive();
    const answered = await service.record();
    for (const [name, title] of Object.entries(titles)) {
      const tab = await visitor.open(`${app.page(name)}#bfo_used`);
      await reads(tab, title, ...(name === "reset" ? [passwordLength] : []));
      expect(await tab.run(() => document.documentElement.lang, undefined)).toBe(lang);
      expect(await address(tab)).toBe(`${app.origin}/`);
      expect(await tab.run(() => history.length, undefined)).toBe(2);
      expect(await tab.run(withinReachOfScripts, undefined)).toEqual(NOTHING);
      expect(await mistakes(tab)).toEqual([]);
    }
    // How long a password must be: the form says it beforehand.
    expect(await answered()).toEqual(["GET /v1/configuration 200"]);

    const tab = await visitor.open(`${app.page("undo")}#bfo_used`);
    await tab.press(undo);
    await reads(tab, refused);
    // It would be refused again.
    expect(await tab.text()).not.toContain(undo);
    expect(await mistakes(tab)).toEqual([]);
  });
});
