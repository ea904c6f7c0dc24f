import type { Document, DocumentedOperation } from "../document.js";
import type { Difference, Kind } from "./change.js";
import type { At } from "./schemas.js";

/** Who may call: the ways to authenticate, the scope of an admin key, and how long ago the user authenticated. */
export function credentials(
  { before, after, place }: At,
  was: DocumentedOperation,
  is: DocumentedOperation,
): Difference[] {
  const note = (kind: Kind, what: string): Difference => ({ kind, what: `${place}: ${what}` });
  const [olds, news] = [waysOf(before, was), waysOf(after, is)];
  const found = [
    ...olds.filter((way) => !allows(news, way)).map((way) => note("breaking", `refuses ${way}`)),
    ...news.filter((way) => !allows(olds, way)).map((way) => note("additive", `accepts ${way}`)),
  ];
  if (!was["x-step-up"] && is["x-step-up"]) {
    found.push(note("breaking", "demands that the user authenticated a short time ago"));
  }
  if (was["x-step-up"] && !is["x-step-up"]) {
    found.push(note("additive", "does not demand that the user authenticated a short time ago"));
  }
  const [had, has] = [was["x-admin-scope"], is["x-admin-scope"]];
  if (had !== has)
    found.push(note("breaking", `demands the scope ${has ?? "of no key"}, was ${had ?? "none"}`));
  return found;
}

const NOTHING = "no credential";

/** The ways to authenticate, each the schemes that it takes together. */
function waysOf(document: Document, { security }: DocumentedOperation): string[] {
  const ways = security ?? document.security ?? [];
  if (ways.length === 0) return [NOTHING];
  return ways.map((way) => Object.keys(way).sort().join(" with ") || NOTHING);
}

/** An operation that needs no credential takes no notice of one. */
const allows = (ways: readonly string[], way: string): boolean =>
  ways.includes(way) || ways.includes(NOTHING);
