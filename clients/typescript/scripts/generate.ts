/**
 * Writes src/generated and API.md from the API's document: `npm run generate`, or with other places
 * `npm run generate -- path/to/openapi.json path/to/folder path/to/API.md`. Needs no network; the same document
 * gives the same files.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Document } from "./generate/document.js";
import { generate } from "./generate/files.js";
import { reference } from "./generate/reference.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const source = process.argv[2] ?? here("../../../openapi.json");
const folder = process.argv[3] ?? here("../src/generated");
const manual = process.argv[4] ?? here("../API.md");

const document = JSON.parse(await readFile(source, "utf8")) as Document;
const files = await generate(document);
await mkdir(folder, { recursive: true });
const all = [...files].map(([name, text]) => [join(folder, name), text] as const);
for (const [path, text] of [...all, [manual, reference(document)] as const]) {
  await writeFile(path, text);
  console.log(`wrote ${relative(process.cwd(), path)}`);
}
