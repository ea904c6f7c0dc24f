/**
 * Says what a change of the API's documents means for the client's next version: `npm run spec:diff` since
 * the last release, `npm run spec:diff -- OLD.json NEW.json` from one document to another.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compare, hint } from "../../openapi/src/diff/compare.js";
import type { Document } from "../../openapi/src/document.js";
import { PUBLIC } from "./generate/apis.js";
import { sinceRelease } from "./spec-diff/since.js";

const read = async (path: string): Promise<Document> => JSON.parse(await readFile(path, "utf8"));
const root = fileURLToPath(new URL("../../..", import.meta.url));

const [before, after = join(root, PUBLIC.name), ...rest] = process.argv.slice(2);
if (rest.length > 0) {
  console.error("usage: npm run spec:diff [-- OLD.json [NEW.json]]");
  process.exit(2);
}
const { name, changes } = before
  ? { name: before, changes: compare(await read(before), await read(after)) }
  : await sinceRelease(root);
console.log(`since ${name}:`);
for (const { kind, what } of changes) console.log(`${kind}: ${what}`);
console.log(hint(changes));
