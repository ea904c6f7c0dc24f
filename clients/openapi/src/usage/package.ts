import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const CLIENT = "@bifrons/client";

/** Whether a module is of the client: the client itself, or a part of it. */
export const isClient = (specifier: string): boolean =>
  specifier === CLIENT || specifier.startsWith(`${CLIENT}/`);

/** The name of the package that a file is part of. A linked package has another folder than its name says. */
export function packageOf(path: string, known: Map<string, string>): string {
  const folder = dirname(path);
  const before = known.get(folder);
  if (before !== undefined) return before;
  const name = nameIn(folder) ?? (folder === dirname(folder) ? "" : packageOf(folder, known));
  known.set(folder, name);
  return name;
}

/** The name in a folder's package.json, if it has one: those that only mark a module system have none. */
function nameIn(folder: string): string | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name;
  } catch {
    return undefined;
  }
}
