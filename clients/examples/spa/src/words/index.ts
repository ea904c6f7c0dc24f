import type { Rule } from "@bifrons/client";
import { de } from "./de.js";
import { en } from "./en.js";
import { ko } from "./ko.js";

/** Everything that a user reads, in one language. */
export type Words = Omit<typeof en, "rules"> & {
  /** Broken rules of fields, with the number that the rule has, if any. Without words, the service's are shown. */
  readonly rules: { readonly [rule in Rule]?: (limit: string) => string };
};

/** What a page says that a mail's link leads to. */
export interface Linked {
  readonly title: string;
  readonly text: string;
  readonly button: string;
  /** What the page says when the call has succeeded. */
  readonly done: string;
  /** What the user does if the link was used, or is too old. */
  readonly instead: string;
}

const DICTIONARIES = { en, ko, de };
type Language = keyof typeof DICTIONARIES;

const isKnown = (tag: string): tag is Language => Object.hasOwn(DICTIONARIES, tag);

/** The first language of the browser's list that there is. */
export const language: Language =
  navigator.languages.map((tag) => tag.replace(/-.*/, "").toLowerCase()).find(isKnown) ?? "en";

export const words: Words = DICTIONARIES[language];

document.documentElement.lang = language;
document.title = words.account;
