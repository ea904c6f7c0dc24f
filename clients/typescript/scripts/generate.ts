/**
 * Writes the generated sources and references from the API's documents: `npm run generate`, or with other
 * places `npm run generate -- path/to/documents path/to/package`. Needs no network; the same documents give
 * the same files.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ADMIN, PUBLIC } from "./generate/apis.js";
import type { Document } from "./generate/document.js";
import { generate } from "./generate/files.js";
import { reference } from "./generate/reference.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const [documents = here("../../.."), target = here("..")] = process.argv.slice(2);

for (const api of [PUBLIC, ADMIN]) {
  const document = JSON.parse(await readFile(join(documents, api.name), "utf8")) as Document;
  const folder = join(target, "src", api.folder);
  await mkdir(folder, { recursive: true });
  const files = [...(await generate(document, api))].map(
    ([name, text]) => [join(folder, name), text] as const,
  );
  files.push([join(target, api.manual), reference(document, api)]);
  for (const [path, text] of files) {
    await writeFile(path, text);
    console.log(`wrote ${relative(process.cwd(), path)}`);
  }
}
