import { createRequire } from "node:module";
import { join } from "node:path";
import type typescript from "typescript";

export type Compiler = typeof typescript;

/** What stands in the way of an answer. */
export class Unanswerable extends Error {}

/** The compiler of the code base, or else the one beside this package. */
export function compilerOf(folder: string): Compiler {
  for (const from of [join(folder, "package.json"), import.meta.url]) {
    const require = createRequire(from);
    let path: string;
    try {
      path = require.resolve("typescript");
    } catch {
      continue;
    }
    const found = require(path) as Partial<Compiler>;
    // TypeScript 7 is another program.
    if (typeof found.createProgram === "function") return found as Compiler;
  }
  throw new Unanswerable(
    `${folder} has no compiler that can be asked: npm install --save-dev typescript@5`,
  );
}
