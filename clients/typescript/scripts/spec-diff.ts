/**
 * Says what a change of the API's documents means for the client's next version: `npm run spec:diff` since
 * the last release, `npm run spec:diff -- OLD.json NEW.json` from one document to another.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ADMIN, PUBLIC } from "./generate/apis.js";
import type { Document } from "./generate/document.js";
import { type Change, compare, hint } from "./spec-diff/compare.js";
import { released } from "./spec-diff/released.js";

const read = async (path: string): Promise<Document> => JSON.parse(await readFile(path, "utf8"));
const root = fileURLToPath(new URL("../../..", import.meta.url));

async function sinceRelease(): Promise<{ name: string; changes: Change[] }> {
  const { name, document } = await released(root);
  const changes: Change[] = [];
  for (const { name: file } of [PUBLIC, ADMIN]) {
    changes.push(...compare(await document(file), await read(join(root, file))));
  }
  return { name, changes };
}

const [before, after = join(root, PUBLIC.name), ...rest] = process.argv.slice(2);
if (rest.length > 0) {
  console.error("usage: npm run spec:diff [-- OLD.json [NEW.json]]");
  process.exit(2);
}
const { name, changes } = before
  ? { name: before, changes: compare(await read(before), await read(after)) }
  : await sinceRelease();
console.log(`since ${name}:`);
for (const { kind, what } of changes) console.log(`${kind}: ${what}`);
console.log(hint(changes));
