import type { Schema } from "../document.js";
import type { Difference } from "./change.js";

/** Which way a value travels: what widens one way narrows the other. */
export type Way = "sent" | "answered";

const LEAST = ["minLength", "minimum", "minItems"] as const;
const MOST = ["maxLength", "maximum", "maxItems"] as const;

/** How the limits of a schema's values have changed. */
export function compareLimits(was: Schema, is: Schema, way: Way): Difference[] {
  // Callers that send may meet what narrows, and those that read what widens.
  const narrowed = (what: string): Difference => ({
    kind: way === "sent" ? "breaking" : "additive",
    what,
  });
  const widened = (what: string): Difference => ({
    kind: way === "answered" ? "breaking" : "additive",
    what,
  });
  const found: Difference[] = [];
  const bound = (name: (typeof LEAST | typeof MOST)[number], sign: 1 | -1): void => {
    // As if all were upper bounds.
    const [old, now] = [was, is].map((schema) => sign * (schema[name] ?? sign * Infinity));
    const what = `${name} is ${is[name] ?? "no more"}, was ${was[name] ?? "none"}`;
    if ((now as number) < (old as number)) found.push(narrowed(what));
    if ((now as number) > (old as number)) found.push(widened(what));
  };
  for (const name of LEAST) bound(name, -1);
  for (const name of MOST) bound(name, 1);

  if (was.pattern !== is.pattern) {
    if (was.pattern === undefined) found.push(narrowed(`has the pattern ${is.pattern} now`));
    else if (is.pattern === undefined) found.push(widened("has no pattern any more"));
    else found.push({ kind: "breaking", what: `has another pattern: ${is.pattern}` });
  }
  if (!was.nullable && is.nullable) found.push(widened("may be null now"));
  if (was.nullable && !is.nullable) found.push(narrowed("may not be null any more"));
  if (!was.enum && is.enum) found.push(narrowed("is one of a list now"));
  if (was.enum && !is.enum) found.push(widened("is not one of a list any more"));
  return was.enum && is.enum ? [...found, ...compareLists(was.enum, is.enum, way)] : found;
}

/** A value that is gone may stand in the code of callers, and they may have no branch for one that is new in answers. */
function compareLists(was: readonly unknown[], is: readonly unknown[], way: Way): Difference[] {
  return [
    ...was
      .filter((one) => !is.includes(one))
      .map((one) => ({ kind: "breaking" as const, what: `"${one}" is gone` })),
    ...is
      .filter((one) => !was.includes(one))
      .map((one) => ({
        kind: way === "sent" ? ("additive" as const) : ("unhandled" as const),
        what: `"${one}" is new`,
      })),
  ];
}
