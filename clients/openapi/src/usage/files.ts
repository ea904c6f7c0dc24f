import { readFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import type typescript from "typescript";
import type { Compiler } from "./compiler.js";

const SCRIPTS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];
/** Files of frameworks with scripts inside. */
const COMPONENTS = [".vue", ".svelte", ".astro"];
const APART = ["**/node_modules", "**/dist", "**/build", "**/coverage", "**/.*"];

/** The sources of a code base, and what the compiler knows about them. */
export interface Sources {
  readonly files: readonly typescript.SourceFile[];
  readonly checker: typescript.TypeChecker;
  /** Whether the checker knows the types of a file. */
  readonly isTyped: (file: typescript.SourceFile) => boolean;
}

export function sourcesOf(ts: Compiler, folder: string): Sources {
  const found = (extensions: readonly string[]): string[] =>
    ts.sys.readDirectory(folder, extensions, APART);
  const program = ts.createProgram({ rootNames: found(SCRIPTS), options: options(ts, folder) });
  const own = new Set(program.getRootFileNames());
  const scripts = program.getSourceFiles().filter(({ fileName }) => own.has(fileName));
  const components = found(COMPONENTS).map((path) => scriptsIn(ts, path));
  return {
    files: [...scripts, ...components],
    checker: program.getTypeChecker(),
    isTyped: (file) => own.has(file.fileName),
  };
}

/** The options of the code base, with all that only matters to its build switched off. */
function options(ts: Compiler, folder: string): typescript.CompilerOptions {
  const path = ts.findConfigFile(folder, ts.sys.fileExists);
  const config = path === undefined ? {} : ts.readConfigFile(path, ts.sys.readFile).config;
  // The files are those of the folder, not those that the configuration lists.
  const host = { ...ts.sys, readDirectory: () => [] };
  const base = path === undefined ? folder : dirname(path);
  const own = ts.parseJsonConfigFileContent(config ?? {}, host, base).options;
  return {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ESNext,
    jsx: ts.JsxEmit.Preserve,
    ...own,
    allowJs: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
}

/** The scripts of a component, in their lines. */
function scriptsIn(ts: Compiler, path: string): typescript.SourceFile {
  const text = readFileSync(path, "utf8");
  let scripts = text.replaceAll(/[^\n]/g, " ");
  const blocks =
    extname(path) === ".astro"
      ? text.matchAll(/^---$(.*?)^---$/gms)
      : text.matchAll(/<script\b[^>]*>(.*?)<\/script>/gs);
  for (const block of blocks) {
    const [whole, code = ""] = block;
    const at = block.index + whole.indexOf(code);
    scripts = scripts.slice(0, at) + code + scripts.slice(at + code.length);
  }
  return ts.createSourceFile(path, scripts, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TSX);
}
