/**
 * Writes src/generated from the API's document: `npm run generate`, or with other places
 * `npm run generate -- path/to/openapi.json path/to/folder`. Needs no network; the same document
 * gives the same files.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Document } from "./generate/document.js";
import { generate } from "./generate/files.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const source = process.argv[2] ?? here("../../../openapi.json");
const folder = process.argv[3] ?? here("../src/generated");

const document = JSON.parse(await readFile(source, "utf8")) as Document;
const files = await generate(document);
await mkdir(folder, { recursive: true });
for (const [name, text] of files) {
  await writeFile(join(folder, name), text);
  console.log(`wrote ${relative(process.cwd(), join(folder, name))}`);
}
