import { statSync } from "node:fs";
import { relative, resolve } from "node:path";
import type typescript from "typescript";
import { type Compiler, compilerOf, Unanswerable } from "./compiler.js";
import { type Sources, sourcesOf } from "./files.js";
import { importsOf, named, symbolOf } from "./names.js";
import { CLIENT, isClient, packageOf } from "./package.js";
import { PARTS } from "./parts.js";

/** The operations that a code base uses, each with the places: `src/account.ts:12`. */
export type Usage = ReadonlyMap<string, readonly string[]>;

/**
 * Finds the operations that the code in a folder calls with `@bifrons/client`: imported functions, methods of a client, and
 * names that are passed on, as to `query(client, "getMe")`. What the compiler cannot tell counts.
 */
export function usageIn(path: string, operations: ReadonlySet<string>): Usage {
  const folder = resolve(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Unanswerable(`"${path}" is no folder: give --used-by the folder of the code`);
  }
  const ts = compilerOf(folder);
  const sources = sourcesOf(ts, folder);
  const { files } = sources;
  const importing = new Set(files.filter((file) => importsOf(ts, file).some(isClient)));
  if (importing.size === 0) {
    throw new Unanswerable(`None of the ${files.length} files in ${path} imports ${CLIENT}`);
  }
  const found = new Map<string, Set<string>>();
  const known = new Map<string, string>();
  for (const file of files) {
    const visit = (node: typescript.Node): void => {
      const name = named(ts, node, importing.has(file));
      const called = name === undefined ? [] : (PARTS.get(name) ?? [name]);
      for (const id of called.filter((one) => operations.has(one))) {
        if (!isOfClient(ts, sources, node, known)) continue;
        const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
        const place = `${relative(folder, file.fileName)}:${line + 1}`;
        found.set(id, (found.get(id) ?? new Set()).add(place));
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  if (found.size === 0) throw new Unanswerable(`${path} imports ${CLIENT}, and calls no operation`);
  return new Map([...found].map(([id, places]) => [id, [...places]]));
}

/** Whether what has the name is declared by the client, or nothing is known about it. */
function isOfClient(
  ts: Compiler,
  { checker, isTyped }: Sources,
  node: typescript.Node,
  known: Map<string, string>,
): boolean {
  if (ts.isImportSpecifier(node)) {
    const from = node.parent.parent.parent.moduleSpecifier;
    return ts.isStringLiteral(from) && isClient(from.text);
  }
  if (ts.isStringLiteralLike(node) || !isTyped(node.getSourceFile())) return true;
  const declarations = symbolOf(ts, checker, node)?.declarations;
  if (declarations === undefined) return true;
  return declarations.some((one) => packageOf(one.getSourceFile().fileName, known) === CLIENT);
}
