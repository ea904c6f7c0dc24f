import type { Page } from "../../tests/support/browser.js";
import type { Family } from "../../tests/support/cells.js";
import type { Report } from "./doctor.js";
import { opinion } from "./doctor.js";
import { works } from "./judge.js";
import { apiOf, type Resolved } from "./server.js";
import type { Variant } from "./variants.js";

/** What `diagnose()` may say where the doctor says this: all of it, if the doctor says that it cannot know. */
export function diagnosesFor(
  variant: Variant,
  examined: Report["frontends"][number],
  family: Family,
): string[] {
  // The page signed in without credentials, which the doctor does not see; the client itself asks with them.
  const careless = variant.careless;
  const said = works(opinion(examined, family));
  if (said === null) return ["signed_in", "cookies_blocked"];
  if (said) return [careless ? "signed_out" : "signed_in"];
  // The client's own calls are like the second one.
  if (examined.sign_in.readable && !examined.next.readable) return ["cors_refused"];
  const why = examined.cookies.find((cell) => cell.family === family)?.why;
  const finding = examined.findings.find(({ code }) => code === why);
  return finding?.diagnosis ? [finding.diagnosis] : [];
}

/** What the client says in a page that has signed in. */
export function pageDiagnosis(page: Page, variant: Variant, resolved: Resolved): Promise<string> {
  const headers = variant.headers ?? {};
  return page.run(
    async ({ baseUrl, headers }) =>
      (await bifrons.createClient({ baseUrl, headers }).diagnose()).verdict,
    { baseUrl: apiOf(resolved), headers },
  );
}
