import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "vitest";

const FILE = resolve("../../docs/doctor-in-ci.md");

/** The page has this text between the marks of that name. With UPDATE_DOCS set it is written there. */
export function documents(name: string, text: string): void {
  const page = readFileSync(FILE, "utf8");
  const [begin, end] = [`<!-- begin ${name} -->\n`, `<!-- end ${name} -->`];
  const [before = "", rest = ""] = page.split(begin);
  const [, after = ""] = rest.split(end);
  const written = before + begin + text + end + after;
  if (process.env["UPDATE_DOCS"]) writeFileSync(FILE, written);
  else expect(page).toBe(written);
}

/** A block of what a command prints. */
export const printed = (text: string): string => `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
