import { readFileSync } from "node:fs";
import { compare } from "../../src/diff/compare.js";
import type { Document } from "../../src/document.js";

const text = readFileSync("../../openapi.json", "utf8");

/** The document of the repository. */
export const read = (): Document => JSON.parse(text);

// biome-ignore lint/suspicious/noExplicitAny: the tests reach deep into a document
export type Edit = (document: any) => void;

/** What is said about documents that differ by an edit: to the second, unless it is to the first. */
export function changes(edit: Edit, { backwards = false } = {}): string[] {
  const edited = read();
  edit(edited);
  const documents = backwards ? ([edited, read()] as const) : ([read(), edited] as const);
  return compare(...documents).map(({ kind, what }) => `${kind} ${what}`);
}
