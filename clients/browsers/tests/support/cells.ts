import { readFileSync } from "node:fs";
import type { Kind, Page } from "./browser.js";

/** Y: stored in the API's own jar. P: in a jar for the frontend's site alone. -: refused. */
export type Letter = "Y" | "P" | "-";

export type Family = Kind<Page>["family"];

export interface Pair {
  readonly api: string;
  readonly frontend: string;
  readonly rows: readonly (readonly [cookie: string, ...letters: Letter[]])[];
}

/** What browsers do with each cookie from each place, and what the service takes for granted. */
export const TABLE = JSON.parse(readFileSync("cells.json", "utf8")) as {
  readonly columns: readonly ["cookie", ...Family[]];
  readonly pairs: readonly Pair[];
};

/** The letters of one family, by cookie. */
export function letters({ rows }: Pair, family: Family): Record<string, Letter> {
  const column = TABLE.columns.indexOf(family);
  return Object.fromEntries(rows.map((row) => [row[0], row[column] as Letter]));
}

/**
 * The rows that the browser of this family can judge. For `safari_like` that is WebKitGTK, which has
 * Safari's engine and a cookie jar of its own (libsoup's). It judges all rows but these:
 *
 * - cookies that break the promise of their prefix, and too large ones (`knowsSizes`): its jar knows
 *   neither rule and keeps them. Safari does know the prefixes.
 * - pages of http with an API of https on the same site: WebKit leaves the scheme out of the site, and
 *   keeps every cookie of these rows. The table is stricter, and so promises less than there is.
 *
 * SameSite=None and Partitioned without Secure are judged: neither Safari nor WebKitGTK asks for it.
 */
export function judged(pairs: readonly Pair[], family: Family): Pair[] {
  if (family !== "safari_like") return [...pairs];
  return pairs
    .filter(({ api, frontend }) => !(sameHosts(api, frontend) && upgrades(api, frontend)))
    .map((pair) => ({ ...pair, rows: pair.rows.filter(([cookie]) => !BROKEN.has(cookie)) }));
}

export const knowsSizes = (family: Family): boolean => family !== "safari_like";

/** Prefixed, and refused by every browser on the API's own page over https: the prefix is broken. */
const BROKEN = new Set(
  TABLE.pairs
    .filter(({ api, frontend }) => api === frontend && api.startsWith("https:"))
    .flatMap(({ rows }) => rows)
    .filter(([cookie, ...all]) => cookie.startsWith("__") && all.every((letter) => letter === "-"))
    .map(([cookie]) => cookie),
);

/** Good enough for the names in the table. */
function sameHosts(api: string, frontend: string): boolean {
  const site = (origin: string): string => new URL(origin).hostname.split(".").slice(-2).join(".");
  return site(api) === site(frontend);
}

function upgrades(api: string, frontend: string): boolean {
  return api.startsWith("https:") && frontend.startsWith("http:");
}
