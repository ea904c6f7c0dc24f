import { build } from "esbuild";

declare global {
  /** The client's module, in pages. */
  var bifrons: typeof import("../../../typescript/src/index.js");
}

let bundled: Promise<string> | undefined;

/** The client as a script that any page can run. */
export function clientScript(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import * as bifrons from "../typescript/src/index.js"; globalThis.bifrons = bifrons;`,
      resolveDir: ".",
    },
    bundle: true,
    format: "iife",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
