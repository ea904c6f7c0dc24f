// What users do in the examples.

import type { UserExport } from "../../../typescript/src/index.js";
import type { Tab } from "./browser.js";
import type { Person } from "./people.js";
import { reads } from "./reads.js";

/** On the page for a signed-out user. */
export async function signIn(tab: Tab, person: Person): Promise<void> {
  await reads(tab, "Sign in");
  await sendSignIn(tab, person);
  await reads(tab, person.email, "This session");
}

/** Sends the form, with what may be wrong. */
export async function sendSignIn(tab: Tab, { email, password }: Person): Promise<void> {
  await tab.fill("Email", email);
  await tab.fill("Password", password);
  await tab.press("Sign in");
}

/** On the page for a signed-out user. */
export async function signUp(tab: Tab, person: Person): Promise<void> {
  await openSignUp(tab);
  await sendSignUp(tab, person);
  await reads(tab, person.email, "This session");
}

export async function openSignUp(tab: Tab): Promise<void> {
  await reads(tab, "Sign in");
  await tab.press("Create an account");
}

/** Sends the form, with what may be wrong. */
export async function sendSignUp(tab: Tab, { email, password }: Person): Promise<void> {
  await tab.fill("Email", email);
  await tab.fill("Password", password);
  await tab.press("Sign up");
}

/** On the page for a new password: sets it, and goes on to the rest of the app. */
export async function choosePassword(tab: Tab, password: string): Promise<void> {
  await tab.fill("New password", "short");
  await tab.press("Set the password");
  await reads(tab, "at least 8 characters");
  await tab.fill("New password", password);
  await tab.press("Set the password");
  await reads(tab, "Your new password is set.");
  await tab.press("Go on");
}

/** Exports what is stored about the user, with a fresh session. Returns what the browser saved. */
export async function exportData(tab: Tab): Promise<UserExport> {
  await tab.press("Download my data");
  return savedData(tab);
}

export async function savedData(tab: Tab): Promise<UserExport> {
  await reads(tab, "Your browser saves your data as account.json.");
  return JSON.parse(await tab.saved("account.json"));
}

export const address = (tab: Tab): Promise<string> => tab.run(() => location.href, undefined);

/** The user was in another window, and the page asks the service anew. */
export function comeBack(tab: Tab): Promise<void> {
  return tab.run(() => void window.dispatchEvent(new Event("focus")), undefined);
}
