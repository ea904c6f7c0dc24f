// The life of an account, from the sign-up to the deletion, with all that mails are for.

import { expect } from "vitest";
import { mistakes } from "./accessibility.js";
import type { Tab, Visitor } from "./browser.js";
import { reads } from "./reads.js";
import type { SpaWithMail } from "./spa_with_mail.js";
import { address, choosePassword, exportData, sendSignIn, signIn, signUp } from "./using_apps.js";
import { NOTHING, withinReachOfScripts } from "./within_reach.js";

const FIRST = "correct horse battery staple";
const SECOND = "a second password";
const THIRD = "a third password";

/** What happens to the service at the same time. */
export interface Circumstances {
  /** Around each step of the user. */
  during(step: () => Promise<void>): Promise<void>;
  /** After the service has promised a mail. */
  beforeMail(): Promise<void>;
}

const PEACE: Circumstances = { during: (step) => step(), beforeMail: async () => {} };

/** The user, who has two addresses. */
interface Life {
  readonly app: SpaWithMail;
  readonly tab: Tab;
  readonly old: string;
  readonly other: string;
  /** Opens the page that the newest mail links to. */
  follow(mailbox: string, page: string): Promise<Tab>;
}

const STEPS = [
  createAccount,
  confirmAddress,
  resetPassword,
  signInAgain,
  changeAddress,
  undoChange,
  secureAccount,
  exportHistory,
  deleteAccount,
];

export async function live(
  visitor: Visitor,
  app: SpaWithMail,
  name: string,
  { during, beforeMail }: Circumstances = PEACE,
): Promise<void> {
  const life: Life = {
    app,
    tab: await visitor.open(app.origin),
    old: `${name}@example.org`,
    other: `${name}@example.net`,
    async follow(mailbox, page) {
      await beforeMail();
      const opened = await visitor.open(await app.link(mailbox, page));
      expect(await address(opened)).toBe(`${app.origin}/`);
      return opened;
    },
  };
  for (const step of STEPS) await during(() => step(life));
}

function createAccount({ tab, old }: Life): Promise<void> {
  return signUp(tab, { email: old, password: FIRST });
}

async function confirmAddress({ tab, old, follow }: Life): Promise<void> {
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
}

async function resetPassword({ app, tab, old, follow }: Life): Promise<void> {
  await tab.press("Sign out");
  await reads(tab, "You are signed out.");
  await tab.press("Forgot your password?");
  await tab.fill("Email", old);
  await tab.press("Send a mail");
  await reads(tab, "If there is an account with this address");
  await choosePassword(await follow(old, "reset"), SECOND);
  await app.mailboxes.arrives(old, "Your password for Example was changed");
}

async function signInAgain({ tab, old }: Life): Promise<void> {
  await tab.press("I have an account");
  await signIn(tab, { email: old, password: SECOND });
}

async function changeAddress({ tab, old, other, follow }: Life): Promise<void> {
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
  const { user, one_time_tokens } = await exportData(tab);
  expect(user).toMatchObject({ email: other, email_verified: true });
  expect(one_time_tokens).toContainEqual(
    expect.objectContaining({ purpose: "undo_email", email: old }),
  );
}

async function undoChange({ app, tab, old, follow }: Life): Promise<void> {
  const undo = await follow(old, "undo");
  await undo.press("Undo the change");
  await reads(undo, "Your old address is back.");
  await undo.press("Go on");
  for (const seen of [undo, tab]) await reads(seen, "Sign in", "Forgot your password?");
  await app.mailboxes.arrives(old, "Your address change at Example was undone");
}

async function secureAccount({ tab, old, follow }: Life): Promise<void> {
  await choosePassword(await follow(old, "reset"), THIRD);
  await signIn(tab, { email: old, password: THIRD });
}

/** The file shows what the steps before have changed. */
async function exportHistory({ tab, old }: Life): Promise<void> {
  const saved = await exportData(tab);
  expect(saved.user).toMatchObject({ email: old, email_verified: true });
  const { created_at } = saved.user;
  expect(Date.parse(saved.password_changed_at ?? "")).toBeGreaterThan(Date.parse(created_at));
  expect(saved.sessions.map(({ ended_because }) => ended_because)).toEqual([
    "signed_out",
    "email_undone",
    undefined,
  ]);
}

async function deleteAccount({ app, tab, old }: Life): Promise<void> {
  expect(await tab.run(withinReachOfScripts, undefined)).toEqual(NOTHING);
  await tab.press("Delete my account");
  await tab.fill("Your password", THIRD);
  await tab.press("Delete my account for good");
  await reads(tab, "You are signed out.");
  await app.mailboxes.arrives(old, "Your account at Example was deleted");
  await sendSignIn(tab, { email: old, password: THIRD });
  await reads(tab, "The email or the password is wrong.");
}
