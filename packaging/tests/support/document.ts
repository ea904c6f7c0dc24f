import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.js";

/** The commands below a heading of docs/deploying.md, up to the next heading of its level or above. */
export function commandsOf(heading: string): string {
  const page = readFileSync(join(ROOT, "docs/deploying.md"), "utf8");
  const [, level = "", text] = new RegExp(`^(##+) ${heading}\\n(.*)`, "ms").exec(page) ?? [];
  if (text === undefined) throw new Error(`docs/deploying.md has no heading ${heading}`);
  const [section = ""] = text.split(new RegExp(`^#{2,${level.length}} `, "m"));
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map((block) => block[1]).join("");
}
