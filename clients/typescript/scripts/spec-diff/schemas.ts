import type { Document, Schema } from "../generate/document.js";
import type { Change } from "./compare.js";
import { flatten } from "./flatten.js";
import { compareLimits, type Way } from "./limits.js";

/** A value in two documents, and how it travels. */
export interface Place {
  readonly before: Document;
  readonly after: Document;
  readonly way: Way;
  /** Where it is, for the reader. */
  readonly place: string;
  /** The schemas that it is in. */
  readonly inside?: readonly Schema[];
}

/** The changes of a value, with all that is in it. */
export function compareSchemas(at: Place, old?: Schema, now?: Schema): Change[] {
  const { before, after, way, place, inside = [] } = at;
  const note = (breaks: boolean, what: string): Change => ({
    kind: breaks ? "breaking" : "additive",
    what: `${place}: ${what} (${way})`,
  });
  if (!old || !now) {
    if (old === now) return [];
    return [note(old !== undefined, now ? "there is something now" : "there is nothing any more")];
  }
  // A schema inside of itself would have no end.
  if (inside.includes(now)) return [];
  const was = flatten(before, old);
  const is = flatten(after, now);
  const deeper = (step: string, a?: Schema, b?: Schema): Change[] =>
    a && b ? compareSchemas({ ...at, place: place + step, inside: [...inside, now] }, a, b) : [];

  const changes: Change[] = [];
  if (was.type !== is.type || was.format !== is.format)
    changes.push(note(true, "is of another type"));
  changes.push(...compareLimits(was, is, way).map(({ breaks, what }) => note(breaks, what)));
  changes.push(...compareFields(was, is, way).map(({ breaks, what }) => note(breaks, what)));
  for (const [name, schema] of Object.entries(was.properties ?? {})) {
    changes.push(...deeper(`.${name}`, schema, is.properties?.[name]));
  }
  changes.push(...deeper("[]", was.items, is.items));
  for (const kind of ["oneOf", "anyOf"] as const) {
    const [olds, news] = [was[kind] ?? [], is[kind] ?? []];
    if (olds.length !== news.length) changes.push(note(true, `${kind} has other members`));
    changes.push(...olds.flatMap((schema, index) => deeper("", schema, news[index])));
  }
  return changes;
}

/** Which fields came and went, and which may be missing. */
function compareFields(was: Schema, is: Schema, way: Way): { breaks: boolean; what: string }[] {
  const olds = Object.keys(was.properties ?? {});
  const news = Object.keys(is.properties ?? {});
  const wanted = (schema: Schema, name: string): boolean =>
    schema.required?.includes(name) ?? false;
  const gone = olds
    .filter((name) => !news.includes(name))
    .map((name) => ({ breaks: true, what: `"${name}" is gone` }));
  const fresh = news
    .filter((name) => !olds.includes(name))
    .map((name) => ({ breaks: way === "sent" && wanted(is, name), what: `"${name}" is new` }));
  const kept = olds.filter((name) => news.includes(name) && wanted(was, name) !== wanted(is, name));
  const other = kept.map((name) =>
    wanted(is, name)
      ? { breaks: way === "sent", what: `"${name}" is required now` }
      : { breaks: way === "answered", what: `"${name}" is optional now` },
  );
  return [...gone, ...fresh, ...other];
}
