import { readFileSync } from "node:fs";
import type { Report } from "./doctor.js";
import type { Remedied, ServerKind } from "./server.js";
import type { Variant } from "./variants.js";

/** A variant with the code that the doctor gives for what is wrong. */
export interface Applied extends Remedied {
  /** The codes of the remedies. */
  readonly remedies: readonly string[];
  /** Whether the cookie is remedied, and so fit for another site too. */
  readonly cookie: boolean;
}

/** Where the code for the session's cookie goes, in each kind of server. */
const COOKIE_SLOTS = ["session", "cookie", "settings", "context.xml"];

/** The code that goes below each kind of server: what accompanies it has code too. */
const SERVERS: Partial<Record<ServerKind, readonly string[]>> = {
  cookie_session: ["cookie_session", "express"],
};

/** The code for all that is wrong. Nothing, if a part of it is not for this server to change. */
export function remedy(kind: ServerKind, variant: Variant, report: Report | undefined): Applied[] {
  if (!report || variant.careless) return [];
  const fixes = Object.entries(report.remedies).flatMap(([code, { how }]) => {
    const server = (SERVERS[kind] ?? [kind]).find((name) => how[name] !== undefined);
    const fix = server === undefined ? undefined : how[server];
    return fix ? [{ code, server, fix }] : [];
  });
  if (fixes.length === 0) return [];
  const wrong = report.frontends.flatMap(({ findings }) =>
    findings.filter(({ warning, follows }) => !warning && follows === null),
  );
  const isFixed = ({ remedy }: { remedy: string }): boolean =>
    remedy === "sibling_host" || fixes.some(({ code }) => code === remedy);
  if (!wrong.every(isFixed)) return [];
  const snippets: Record<string, string> = {};
  for (const { fix } of fixes) {
    if (snippets[fix.slot]?.includes(fix.code)) continue;
    snippets[fix.slot] = [snippets[fix.slot] ?? "", fix.code].join("\n");
  }
  const cookie = COOKIE_SLOTS.some((slot) =>
    fixes.some(({ fix }) => fix.slot === slot && isForCookies(fix.code)),
  );
  // What comes with the session library's own code counts for it.
  const own = fixes.filter(({ server }) => server === kind);
  return [{ variant, snippets, remedies: own.map(({ code }) => code), cookie }];
}

const isForCookies = (code: string): boolean => /cookie|session/i.test(code);

/** The remedies for which a file of the doctor has code, but for those that its own test applies. */
export function promised(kind: ServerKind): string[] {
  const file = readFileSync(`../../doctor/remedies/${kind}.toml`, "utf8");
  const lists = [...file.matchAll(/^for = (\[.*\])$/gm)].map(([, list = "[]"]) => list);
  const all = lists.flatMap((list) => JSON.parse(list) as string[]);
  return [...new Set(all)].filter((code) => code !== "trust_proxy").sort();
}

/** What an examination after the remedies finds that they were to mend. */
export function remaining({ remedies }: Applied, report: Report): string[] {
  const found = report.frontends.flatMap(({ findings }) => findings);
  return found.filter(({ remedy }) => remedies.includes(remedy)).map(({ code }) => code);
}
