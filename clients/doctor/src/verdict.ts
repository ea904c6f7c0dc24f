import type { Kind } from "./browsers/kinds.js";
import type { Finding, Remedy, Report } from "./doctor.js";
import type { Attempt } from "./sign_in.js";
import { Unusable } from "./unusable.js";

/** One browser with one setting. */
export interface Row {
  readonly browser: string;
  readonly third_party_cookies: Kind["thirdPartyCookies"];
  readonly signed_in: boolean;
  readonly kept: boolean;
  /** A code of the doctor; `null` if it works, or if the doctor finds nothing. */
  readonly code: string | null;
  readonly why: string | null;
}

export interface Verdict {
  readonly preview: string;
  readonly api: string;
  readonly works: boolean;
  readonly rows: readonly Row[];
  /** The one line to change, if a browser does not keep the session. */
  readonly change: string | null;
  /** What else is worth knowing. */
  readonly notes: readonly string[];
}

const KEPT_APART =
  "Safari keeps no session of a frontend on another site than the API: serve the frontend on a sibling of the API's host.";
const NOT_FOUND =
  "The doctor finds nothing wrong with the API: look at what the browser said, and allow the API in connect-src of the page's Content-Security-Policy.";

/** What is wrong with the user, and not with a browser. */
const OF_THE_USER: Readonly<Record<string, string>> = {
  sign_in_refused:
    "The API refused the sign-in in a way that has nothing to do with browsers: check DOCTOR_EMAIL and DOCTOR_PASSWORD.",
  sign_in_not_found: "There is no sign-in at this path: check --api and --path.",
  sign_in_incomplete:
    "The sign-in waits for a second factor: set DOCTOR_EMAIL and DOCTOR_PASSWORD of a test user without one.",
  rate_limited: "The API limits sign-ins, and answered 429: wait, or use another test user.",
};

/** Fails if the sign-in itself cannot succeed. */
export function expectUser(report: Report): void {
  const found = report.frontends.flatMap(({ findings }) => findings);
  const cause = found.find(({ code, follows }) => follows === null && code in OF_THE_USER);
  if (cause) throw new Unusable(OF_THE_USER[cause.code] ?? cause.sentence);
}

/** Joins what the browsers did with what the doctor knows. */
export function judge(
  { preview, api }: Pick<Verdict, "preview" | "api">,
  report: Report,
  attempts: readonly (readonly [Kind, Attempt])[],
): Verdict {
  const causes = attempts.map(([{ family }, attempt]) =>
    attempt.kept && attempt.signedIn ? undefined : causeFor(report, family),
  );
  const rows = attempts.map(([kind, attempt], at): Row => {
    const works = attempt.signedIn && attempt.kept;
    const cause = causes[at];
    return {
      browser: kind.browser,
      third_party_cookies: kind.thirdPartyCookies,
      signed_in: attempt.signedIn,
      kept: attempt.kept,
      code: cause?.code ?? null,
      why: works ? null : (cause?.sentence ?? `The page was told: ${attempt.said ?? "nothing"}`),
    };
  });
  const works = rows.every(({ signed_in, kept }) => signed_in && kept);
  const cause = causes.find((cause) => cause !== undefined);
  const remedy = cause && report.remedies[cause.remedy];
  const change = works ? null : remedy ? line(remedy) : NOT_FOUND;
  const notes = works && report.judgement === "limited" ? [KEPT_APART] : [];
  // Nothing else of the plan, which holds a password.
  return { preview, api, works, rows, change, notes };
}

/** The first cause of what is wrong in a family of browsers. */
function causeFor(report: Report, family: string): Finding | undefined {
  const [frontend] = report.frontends;
  const why = frontend?.cookies.find((cookie) => cookie.family === family && cookie.why)?.why;
  const wrong = (frontend?.findings ?? []).filter(
    ({ warning, families }) => !warning && families.includes(family),
  );
  let found = wrong.find(({ code }) => code === why) ?? wrong.find(({ follows }) => !follows);
  for (let steps = 0; found?.follows && steps < wrong.length; steps += 1) {
    const { follows }: Finding = found;
    found = wrong.find(({ code }) => code === follows) ?? found;
  }
  return found;
}

/** The code to write, if it is one line of a known server; or else what to do. */
function line({ what, how }: Remedy): string {
  const [fix] = Object.values(how);
  const [code = "", ...more] = fix?.code.split("\n") ?? [];
  if (!fix || more.length > 0) return what;
  return `${fix.at.charAt(0).toUpperCase()}${fix.at.slice(1)}: ${code.trim()}`;
}
