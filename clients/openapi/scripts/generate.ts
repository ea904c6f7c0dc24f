/**
 * Writes generated/ and src/generated/ from the documents of the repository: `npm run generate`, or into another folder
 * `npm run generate -- FOLDER`. A copy of this package outside of the repository uses the documents that it has.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { contract } from "./generate/contract.js";

const own = resolve(import.meta.dirname, "..");
const target = resolve(process.argv[2] ?? own);

const text = (name: string): Promise<string> => {
  const carried = join(own, "generated", name);
  const current = resolve(own, "../..", name);
  return readFile(existsSync(current) ? current : carried, "utf8");
};
const documents = [await text("openapi.json"), await text("openapi-admin.json")] as const;
const files = await contract(...documents);
for (const folder of ["generated", "src/generated"]) {
  await rm(join(target, folder), { recursive: true, force: true });
}
for (const [name, content] of files) {
  const path = join(target, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
console.log(`wrote ${files.size} files`);
