/**
 * Says what a change of the API's document means for the client's next version:
 * `npm run spec:diff -- old/openapi.json openapi.json`.
 */
import { readFile } from "node:fs/promises";
import type { Document } from "./generate/document.js";
import { compare, hint } from "./spec-diff/compare.js";

const [before, after] = process.argv.slice(2);
if (before === undefined || after === undefined) {
  console.error("usage: npm run spec:diff -- OLD.json NEW.json");
  process.exit(2);
}
const read = async (path: string): Promise<Document> => JSON.parse(await readFile(path, "utf8"));
const changes = compare(await read(before), await read(after));
for (const { kind, what } of changes) console.log(`${kind}: ${what}`);
console.log(hint(changes));
