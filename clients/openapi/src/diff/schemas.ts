import type { Document, Schema } from "../document.js";
import type { Difference, Kind } from "./change.js";
import { flatten } from "./flatten.js";
import { compareLimits, type Way } from "./limits.js";

/** A place in two documents. */
export interface At {
  readonly before: Document;
  readonly after: Document;
  /** Where it is, for the reader. */
  readonly place: string;
}

/** A value in two documents, and how it travels. */
export interface Place extends At {
  readonly way: Way;
  /** The schemas that it is in. */
  readonly inside?: readonly Schema[];
}

/** The changes of a value, with all that is in it. */
export function compareSchemas(at: Place, old?: Schema, now?: Schema): Difference[] {
  const { before, after, way, place, inside = [] } = at;
  const note = (kind: Kind, what: string): Difference => ({
    kind,
    what: `${place}: ${what} (${way})`,
  });
  if (!old || !now) {
    if (old === now) return [];
    return [
      note(
        old ? "breaking" : "additive",
        now ? "there is something now" : "there is nothing any more",
      ),
    ];
  }
  // A schema inside of itself would have no end.
  if (inside.includes(now)) return [];
  const was = flatten(before, old);
  const is = flatten(after, now);
  const deeper = (step: string, a?: Schema, b?: Schema): Difference[] =>
    a && b ? compareSchemas({ ...at, place: place + step, inside: [...inside, now] }, a, b) : [];

  const changes: Difference[] = [];
  if (was.type !== is.type || was.format !== is.format)
    changes.push(note("breaking", `is of another type: ${typeOf(is)}, was ${typeOf(was)}`));
  changes.push(...compareLimits(was, is, way).map(({ kind, what }) => note(kind, what)));
  changes.push(...compareFields(was, is, way).map(({ kind, what }) => note(kind, what)));
  for (const [name, schema] of Object.entries(was.properties ?? {})) {
    changes.push(...deeper(`.${name}`, schema, is.properties?.[name]));
  }
  changes.push(...deeper("[]", was.items, is.items));
  for (const kind of ["oneOf", "anyOf"] as const) {
    const [olds, news] = [was[kind] ?? [], is[kind] ?? []];
    if (olds.length !== news.length) changes.push(note("breaking", `${kind} has other members`));
    changes.push(...olds.flatMap((schema, index) => deeper("", schema, news[index])));
  }
  return changes;
}

const typeOf = ({ type = "any", format }: Schema): string =>
  format === undefined ? type : `${type} (${format})`;

/** Which fields came and went, and which may be missing. */
function compareFields(was: Schema, is: Schema, way: Way): Difference[] {
  const olds = Object.keys(was.properties ?? {});
  const news = Object.keys(is.properties ?? {});
  const wanted = (schema: Schema, name: string): boolean =>
    schema.required?.includes(name) ?? false;
  const when = (breaks: boolean): Kind => (breaks ? "breaking" : "additive");
  const gone = olds
    .filter((name) => !news.includes(name))
    .map((name) => ({ kind: when(true), what: `"${name}" is gone` }));
  const fresh = news
    .filter((name) => !olds.includes(name))
    .map((name) => ({ kind: when(way === "sent" && wanted(is, name)), what: `"${name}" is new` }));
  const kept = olds.filter((name) => news.includes(name) && wanted(was, name) !== wanted(is, name));
  const other = kept.map((name) =>
    wanted(is, name)
      ? { kind: when(way === "sent"), what: `"${name}" is required now` }
      : { kind: when(way === "answered"), what: `"${name}" is optional now` },
  );
  const rules = way === "sent" ? newRules(was, is) : [];
  return [...gone, ...fresh, ...other, ...rules];
}

/** Rules of an object as a whole that it did not have. */
function newRules(was: Schema, is: Schema): Difference[] {
  const found: Difference[] = [];
  if (is.additionalProperties === false && was.additionalProperties !== false) {
    found.push({ kind: "breaking", what: "takes no other fields any more" });
  }
  if (is.not !== undefined && JSON.stringify(was.not) !== JSON.stringify(is.not)) {
    found.push({ kind: "breaking", what: "refuses fields that do not go together" });
  }
  return found;
}
