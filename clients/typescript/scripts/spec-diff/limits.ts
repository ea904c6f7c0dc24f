import type { Schema } from "../generate/document.js";

/** Which way a value travels: what widens one way narrows the other. */
export type Way = "sent" | "answered";

/** A difference between what a value might be and what it may be now. */
export interface Difference {
  readonly breaks: boolean;
  readonly what: string;
}

const LEAST = ["minLength", "minimum", "minItems"] as const;
const MOST = ["maxLength", "maximum", "maxItems"] as const;

/** How the limits of a schema's values have changed. */
export function compareLimits(was: Schema, is: Schema, way: Way): Difference[] {
  // Callers that send may meet what narrows, and those that read what widens.
  const narrowed = (what: string): Difference => ({ breaks: way === "sent", what });
  const widened = (what: string): Difference => ({ breaks: way === "answered", what });
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
    else found.push({ breaks: true, what: `has another pattern: ${is.pattern}` });
  }
  if (!was.nullable && is.nullable) found.push(widened("may be null now"));
  if (was.nullable && !is.nullable) found.push(narrowed("may not be null any more"));
  if (!was.enum && is.enum) found.push(narrowed("is one of a list now"));
  if (was.enum && !is.enum) found.push(widened("is not one of a list any more"));
  return was.enum && is.enum ? [...found, ...compareLists(was.enum, is.enum)] : found;
}

/**
 * Callers are told to expect values that they do not know, so that a new one breaks nothing. One that
 * is gone may stand in their code.
 */
function compareLists(was: readonly unknown[], is: readonly unknown[]): Difference[] {
  return [
    ...was
      .filter((one) => !is.includes(one))
      .map((one) => ({ breaks: true, what: `"${one}" is gone` })),
    ...is
      .filter((one) => !was.includes(one))
      .map((one) => ({ breaks: false, what: `"${one}" is new` })),
  ];
}
