// The pages of the single-page app that mails link to: the life of an account, with a mail server, on one
// service and on several nodes that crash; and the pages by themselves, in each language.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mistakes } from "./support/accessibility.js";
import { BROWSERS, type Tab, type Visitor } from "./support/browser.js";
import { startChromium } from "./support/chromium.js";
import { type Mailboxes, startMailboxes } from "./support/mailboxes.js";
import { type Nodes, startNodes } from "./support/nodes.js";
import { reads } from "./support/reads.js";
import { type Service, startService } from "./support/service.js";
import { type Spa, serveSpa } from "./support/spa.js";
import { visitorsOf } from "./support/visitor.js";
import { NOTHING, withinReachOfScripts } from "./support/within_reach.js";

/** For tests that hash many passwords, or wait for mails of a node that crashed. */
const LONG_MS = 600_000;

const MODES = ["cookie", "token"] as const;
type Mode = (typeof MODES)[number];

const HOST = "admin.jazzmeet.site";

let mailboxes: Mailboxes;
const apps = {} as Record<Mode, Spa>;
beforeAll(async () => {
  mailboxes = await startMailboxes();
  for (const mode of MODES) apps[mode] = await serveSpa();
});
afterAll(async () => {
  await mailboxes?.stop();
  for (const mode of MODES) await apps[mode]?.stop();
});

/** What a service for the app in this mode is told. */
const settings = (mode: Mode): Record<string, string> => ({
  ...mailboxes.settings,
  BIFRONS_PAGES__CONFIRM_EMAIL: page(mode, "confirm"),
  BIFRONS_PAGES__RESET_PASSWORD: page(mode, "reset"),
  BIFRONS_PAGES__UNDO_EMAIL: page(mode, "undo"),
  BIFRONS_PAGES__NOT_ME: page(mode, "not-me"),
});

const page = (mode: Mode, name: string): string => `${apps[mode].at(HOST)}/${name}`;

// Browsers do not differ in this.
describe.each(BROWSERS.slice(0, 1))("$name", (kind) => {
  const arrive = visitorsOf(kind);

  describe.each(MODES)("%s mode", (mode) => {
    describe("one service", () => {
      let service: Service;
      beforeAll(async () => {
        service = await startService([apps[mode].at(HOST)], settings(mode));
        await apps[mode].build(service.origin, mode);
      });
      afterAll(() => service?.stop());

      test(
        "the life of an account",
        async () => {
          await live(await arrive(), mode, `${mode}.one`);
        },
        LONG_MS,
      );

      test("a stranger signs up with an address: its reader gets the account", async () => {
        const address = `${mode}.claimed@example.org`;
        const stranger = await (await arrive()).open(apps[mode].at(HOST));
        await signUp(stranger, address, FIRST);
        await stranger.press("Confirm the address");
        const link = await mailboxes.link(address, page(mode, "confirm"));

        const tab = await (await arrive()).open(link);
        await tab.press("Confirm");
        await reads(tab, "Another person may have signed up with it");
        await choosePassword(tab, SECOND);
        await signIn(tab, address, SECOND);
        await stranger.run(comeBack, undefined);
        await reads(stranger, "Your session was ended");
      });

      test("a sign-in that the user does not know: the user ends it", async () => {
        const address = `${mode}.intruded@example.org`;
        const tab = await (await arrive()).open(apps[mode].at(HOST));
        await signUp(tab, address, FIRST);
        const intruder = await (await arrive()).open(apps[mode].at(HOST));
        await signIn(intruder, address, FIRST);

        const visitor = await arrive();
        const notMe = await visitor.open(await mailboxes.link(address, page(mode, "not-me")));
        await notMe.press("It was not me");
        await reads(notMe, "All sessions are ended.");
        await intruder.run(comeBack, undefined);
        await reads(intruder, "Your session was ended");
        const reset = await visitor.open(await mailboxes.link(address, page(mode, "reset")));
        await choosePassword(reset, SECOND);
        await signIn(reset, address, SECOND);
      });
    });

    describe("three nodes on one database", () => {
      let nodes: Nodes;
      beforeAll(async () => {
        nodes = await startNodes(3, [apps[mode].at(HOST)], settings(mode));
        await apps[mode].build(nodes.origin, mode);
      });
      afterAll(() => nodes?.stop());

      test(
        "the life of an account, while one node after the other crashes",
        async () => {
          let turn = 0;
          const next = (): Service => {
            turn += 1;
            return nodes.all[turn % nodes.all.length] as Service;
          };
          await live(await arrive(), mode, `${mode}.three`, {
            async during(step) {
              const node = next();
              await node.kill();
              await step();
              await node.up();
            },
            async beforeMail() {
              const node = next();
              await node.kill();
              await node.up();
            },
          });
        },
        LONG_MS,
      );
    });
  });
});

describe.each([
  {
    lang: "en",
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
    titles: {
      confirm: "Adresse bestätigen",
      reset: "Neues Passwort festlegen",
      undo: "Änderung der Adresse rückgängig machen",
      "not-me": "Konto schützen",
    },
    undo: "Rückgängig machen",
    refused: "Dieser Link wurde schon benutzt oder ist zu alt.",
  },
])("Chromium in the language $lang", ({ lang, titles, undo, refused }) => {
  const arrive = visitorsOf({
    start: () => startChromium({ thirdPartyCookies: true, language: `${lang}-XX` }),
  });
  let service: Service;
  beforeAll(async () => {
    service = await startService([apps.cookie.at(HOST)], settings("cookie"));
    await apps.cookie.build(service.origin, "cookie");
  });
  afterAll(() => service?.stop());

  test("a link hides its token and does nothing until the user presses the button", async () => {
    const visitor = await arrive();
    const answered = await service.record();
    for (const [name, title] of Object.entries(titles)) {
      const tab = await visitor.open(`${page("cookie", name)}#bfo_used`);
      await reads(tab, title);
      expect(await tab.run(() => document.documentElement.lang, undefined)).toBe(lang);
      expect(await address(tab)).toBe(`${apps.cookie.at(HOST)}/`);
      expect(await tab.run(() => history.length, undefined)).toBe(2);
      expect(await tab.run(withinReachOfScripts, undefined)).toEqual(NOTHING);
      expect(await mistakes(tab)).toEqual([]);
    }
    expect(await answered()).toEqual([]);

    const tab = await visitor.open(`${page("cookie", "undo")}#bfo_used`);
    await tab.press(undo);
    await reads(tab, refused);
    expect(await mistakes(tab)).toEqual([]);
  });
});

const FIRST = "correct horse battery staple";
const SECOND = "a second password";
const THIRD = "a third password";

/** What happens to the service at the same time. */
interface Circumstances {
  /** Around each step of the user. */
  during(step: () => Promise<void>): Promise<void>;
  /** After the service has promised a mail. */
  beforeMail(): Promise<void>;
}

const PEACE: Circumstances = { during: (step) => step(), beforeMail: async () => {} };

/** From the sign-up to the deletion, with all that mails are for. */
async function live(
  visitor: Visitor,
  mode: Mode,
  name: string,
  { during, beforeMail }: Circumstances = PEACE,
): Promise<void> {
  const [old, other] = [`${name}@example.org`, `${name}@example.net`];
  const tab = await visitor.open(apps[mode].at(HOST));
  /** Opens the page that the newest mail links to. */
  async function follow(mailbox: string, to: string): Promise<Tab> {
    await beforeMail();
    const opened = await visitor.open(await mailboxes.link(mailbox, page(mode, to)));
    expect(await address(opened)).toBe(`${apps[mode].at(HOST)}/`);
    return opened;
  }

  await during(() => signUp(tab, old, FIRST));

  await during(async () => {
    await reads(tab, "This address is not confirmed.");
    await tab.press("Confirm the address");
    await reads(tab, `A mail to ${old} has the link`);
    const confirm = await follow(old, "confirm");
    await confirm.press("Confirm");
    await reads(confirm, "Your address is confirmed.");
    await confirm.press("Go on");
    await reads(confirm, old, "This session");
    for (const seen of [confirm, tab]) {
      await expect.poll(() => seen.text()).not.toContain("This address is not confirmed.");
    }
  });

  await during(async () => {
    await tab.press("Sign out");
    await reads(tab, "You are signed out.");
    await tab.press("Forgot your password?");
    await tab.fill("Email", old);
    await tab.press("Send a mail");
    await reads(tab, "If there is an account with this address");
    await choosePassword(await follow(old, "reset"), SECOND);
    await mailboxes.arrives(old, "Your password for Example was changed");
  });

  await during(async () => {
    await tab.press("I have an account");
    await signIn(tab, old, SECOND);
  });

  await during(async () => {
    await tab.press("Change the address");
    expect(await mistakes(tab)).toEqual([]);
    await tab.fill("New address", other);
    await tab.fill("Your password", FIRST);
    await tab.press("Change the address");
    await reads(tab, "This is not your password.");
    await tab.fill("Your password", SECOND);
    await tab.press("Change the address");
    await reads(tab, `A mail to ${other} has the link`);
    const confirm = await follow(other, "confirm");
    await confirm.press("Confirm");
    await reads(confirm, "Your address is confirmed.");
    await confirm.press("Go on");
    await reads(confirm, other, "This session");
    await reads(tab, other);
  });

  await during(async () => {
    const undo = await follow(old, "undo");
    await undo.press("Undo the change");
    await reads(undo, "Your old address is back.");
    await undo.press("Go on");
    for (const seen of [undo, tab]) await reads(seen, "Sign in", "Forgot your password?");
    await mailboxes.arrives(old, "Your address change at Example was undone");
  });

  await during(async () => {
    await choosePassword(await follow(old, "reset"), THIRD);
    await signIn(tab, old, THIRD);
  });

  await during(async () => {
    expect(await tab.run(withinReachOfScripts, undefined)).toEqual(NOTHING);
    await tab.press("Delete my account");
    await tab.fill("Your password", THIRD);
    await tab.press("Delete my account for good");
    await reads(tab, "You are signed out.");
    await mailboxes.arrives(old, "Your account at Example was deleted");
    await tab.fill("Email", old);
    await tab.fill("Password", THIRD);
    await tab.press("Sign in");
    await reads(tab, "The email or the password is wrong.");
  });
}

async function signUp(tab: Tab, email: string, password: string): Promise<void> {
  await reads(tab, "Sign in");
  await tab.press("Create an account");
  await tab.fill("Email", email);
  await tab.fill("Password", password);
  await tab.press("Sign up");
  await reads(tab, email, "This session");
}

async function signIn(tab: Tab, email: string, password: string): Promise<void> {
  await reads(tab, "Sign in");
  await tab.fill("Email", email);
  await tab.fill("Password", password);
  await tab.press("Sign in");
  await reads(tab, email, "This session");
}

/** On the page for a new password: sets it, and goes on to the rest of the app. */
async function choosePassword(tab: Tab, password: string): Promise<void> {
  await tab.fill("New password", "short");
  await tab.press("Set the password");
  await reads(tab, "at least 8 characters");
  await tab.fill("New password", password);
  await tab.press("Set the password");
  await reads(tab, "Your new password is set.");
  await tab.press("Go on");
}

const address = (tab: Tab): Promise<string> => tab.run(() => location.href, undefined);

/** Runs in the page: the user was in another window. */
function comeBack(): void {
  window.dispatchEvent(new Event("focus"));
}
