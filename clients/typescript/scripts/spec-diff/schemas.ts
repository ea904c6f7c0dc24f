import { type Document, resolve, type Schema } from "../generate/document.js";
import type { Change } from "./compare.js";

/** Which way a value travels: what widens one way narrows the other. */
type Way = "sent" | "answered";

/** The changes of a value, with all that is in it. */
export function compareSchemas(
  before: Document,
  old: Schema | undefined,
  after: Document,
  now: Schema | undefined,
  way: Way,
  place: string,
  seen: ReadonlySet<string> = new Set(),
): Change[] {
  if (!old || !now) {
    if (old === now) return [];
    const breaks = way === "answered" ? old !== undefined : true;
    const what = `${place}: ${now ? "something is" : "nothing is"} ${way} now`;
    return [{ kind: breaks ? "breaking" : "additive", what }];
  }
  // A schema inside of itself would have no end.
  if (now.$ref && seen.has(now.$ref)) return [];
  const inside = new Set([...seen, ...(now.$ref ? [now.$ref] : [])]);
  const was = resolve(before, old);
  const is = resolve(after, now);
  const changes: Change[] = [];
  const note = (breaks: boolean, what: string): void => {
    changes.push({ kind: breaks ? "breaking" : "additive", what: `${place}: ${what}` });
  };
  if (was.type !== is.type || was.format !== is.format) note(true, `is of another type (${way})`);
  enums(was.enum, is.enum, way, note);

  const went = was.properties ?? {};
  const goes = is.properties ?? {};
  const wanted = (schema: Schema, name: string): boolean =>
    schema.required?.includes(name) ?? false;
  for (const name of Object.keys(went)) {
    if (!(name in goes)) note(true, `"${name}" is not ${way} any more`);
    else if (wanted(was, name) && !wanted(is, name)) {
      note(way === "answered", `"${name}" is optional now (${way})`);
    } else if (!wanted(was, name) && wanted(is, name)) {
      note(way === "sent", `"${name}" is required now (${way})`);
    }
  }
  for (const name of Object.keys(goes)) {
    if (!(name in went)) note(way === "sent" && wanted(is, name), `"${name}" is new (${way})`);
  }
  const deeper = (a: Schema | undefined, b: Schema | undefined, step: string): void => {
    if (a && b) changes.push(...compareSchemas(before, a, after, b, way, place + step, inside));
  };
  for (const name of Object.keys(went)) deeper(went[name], goes[name], `.${name}`);
  deeper(was.items, is.items, "[]");
  return changes;
}

/** A value more that may be answered is additive, because callers are told to expect unknown ones. */
function enums(
  was: readonly unknown[] | undefined,
  is: readonly unknown[] | undefined,
  way: Way,
  note: (breaks: boolean, what: string) => void,
): void {
  if (!was !== !is) note(way === "sent" ? !was : !is, `one of a list, or of any (${way})`);
  if (!was || !is) return;
  for (const value of was) if (!is.includes(value)) note(true, `"${value}" is gone (${way})`);
  for (const value of is) if (!was.includes(value)) note(false, `"${value}" is new (${way})`);
}
