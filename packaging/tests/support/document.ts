import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.js";

/** The commands in a section of docs/deploying.md, up to the next heading of its level. */
export function commandsOf(section: string): string {
  const page = readFileSync(join(ROOT, "docs/deploying.md"), "utf8");
  const text = page.split(`\n## ${section}\n`)[1]?.split(/\n## /)[0];
  if (text === undefined) throw new Error(`docs/deploying.md has no section ${section}`);
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map((block) => block[1]).join("");
}
