import { existsSync } from "node:fs";

/** A browser that is named by a variable, or is in one of its usual places. */
export function findBrowser(
  name: string,
  variable: string,
  places: readonly (string | undefined)[],
  advice: string,
): string {
  const named = process.env[variable];
  if (named !== undefined && named !== "") {
    if (existsSync(named)) return named;
    throw new Error(`${variable} names ${named}, and there is no such file.`);
  }
  const found = places.find((place) => place !== undefined && existsSync(place));
  if (found !== undefined) return found;
  throw new Error(`There is no ${name}: ${advice}, or name one with ${variable}.`);
}
