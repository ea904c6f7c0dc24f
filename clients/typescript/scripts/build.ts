/**
 * Compiles src to dist, as modules and as CommonJS, and collects the documents that the package carries:
 * `npm run build`. A copy of this folder outside of the repository keeps the documents that it has.
 */
import { execFileSync } from "node:child_process";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Document } from "./generate/document.js";
import { problems } from "./generate/problems.js";

const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const compile = (config: string): void => {
  const tsc = here("node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", here(config)], { stdio: "inherit" });
};

await rm(here("dist"), { recursive: true, force: true });
compile("tsconfig.build.json");
compile("tsconfig.cjs.json");
await writeFile(here("dist/cjs/package.json"), '{ "type": "commonjs" }\n');

const absent = (error: NodeJS.ErrnoException): void => {
  if (error.code !== "ENOENT") throw error;
};
for (const name of ["LICENSE", "openapi.json", "openapi-admin.json"]) {
  await copyFile(here(`../../${name}`), here(name)).catch(absent);
}
const read = async (name: string): Promise<Document> =>
  JSON.parse(await readFile(here(name), "utf8"));
const catalogue = problems([await read("openapi.json"), await read("openapi-admin.json")]);
await writeFile(here("problems.json"), `${JSON.stringify(catalogue, null, 2)}\n`);
