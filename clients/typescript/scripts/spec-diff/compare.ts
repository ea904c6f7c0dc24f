import type { Operation } from "../../src/runtime/operation.js";
import { type Document, type Located, operationsOf, type Schema } from "../generate/document.js";
import { bodyOf, entryOf, isMatch, VERSION } from "../generate/entry.js";
import { flatten } from "./flatten.js";
import { compareSchemas } from "./schemas.js";

/** A change, as those who call feel it. */
export interface Change {
  readonly kind: "breaking" | "additive";
  readonly what: string;
}

/** All changes from one document to the next, the breaking ones first. */
export function compare(before: Document, after: Document): Change[] {
  const olds = new Map(operationsOf(before).map((located) => [located.id, located]));
  const news = new Map(operationsOf(after).map((located) => [located.id, located]));
  const changes: Change[] = [];
  for (const [id, old] of olds) {
    const now = news.get(id);
    if (now) changes.push(...operation(before, old, after, now));
    else changes.push({ kind: "breaking", what: `${id} is gone` });
  }
  for (const id of news.keys()) {
    if (!olds.has(id)) changes.push({ kind: "additive", what: `${id} is new` });
  }
  // The same schema may affect several places.
  const once = new Map(changes.map((change) => [change.what, change]));
  return [...once.values()].sort((a, b) => b.kind.localeCompare(a.kind));
}

/** What to do with the version, by semver; before 1.0 the second number takes what breaks. */
export function hint(changes: readonly Change[]): string {
  if (changes.some(({ kind }) => kind === "breaking")) return "=> major (minor before 1.0)";
  return changes.length > 0 ? "=> minor" : "=> patch: nothing that callers could notice";
}

function operation(before: Document, old: Located, after: Document, now: Located): Change[] {
  const changes: Change[] = [];
  const note = (kind: Change["kind"], what: string): void => {
    changes.push({ kind, what: `${now.id}: ${what}` });
  };
  const was = entryOf(before, old);
  const is = entryOf(after, now);
  if (was.method !== is.method || was.path !== is.path) {
    note("breaking", `is ${is.method} ${is.path} now, which deployed clients do not call`);
  }
  if (String(was.ok) !== String(is.ok)) note("breaking", "answers in another way");
  if (was.bearer !== is.bearer) {
    note(is.bearer ? "breaking" : "additive", is.bearer ? "wants a token" : "wants no token");
  }
  const placed = { was: placesOf(before, old), is: placesOf(after, now) };
  for (const [from, to] of [["query", "body"] as const, ["body", "query"] as const]) {
    for (const name of placed.was[from]) {
      if (placed.is[to].includes(name)) note("breaking", `"${name}" has moved to the ${to}`);
    }
  }
  const values = { before, after, place: now.id };
  changes.push(
    ...compareSchemas({ ...values, way: "sent" }, inputOf(old), inputOf(now)),
    ...compareSchemas({ ...values, way: "answered" }, dataOf(old, was.ok), dataOf(now, is.ok)),
  );
  const had = codes(before, old);
  const has = codes(after, now);
  for (const code of had) if (!has.has(code)) note("breaking", `has no problem "${code}" any more`);
  for (const code of has) if (!had.has(code)) note("additive", `may have the problem "${code}"`);
  return changes;
}

/** The inputs by their place. */
function placesOf(document: Document, located: Located): Record<"query" | "body", string[]> {
  const { query = [] } = entryOf(document, located);
  return { query: [...query], body: bodyOf(document, located) ?? [] };
}

const INTEGER: Schema = { type: "integer" };

/** Parameters and body as the one object that callers pass. */
function inputOf({ operation: { parameters = [], requestBody } }: Located): Schema {
  const schemas = parameters.map((one) =>
    isMatch(one) ? ([VERSION, INTEGER] as const) : ([one.name, one.schema ?? {}] as const),
  );
  const required = parameters.filter((one) => one.required).map(({ name }) => name);
  const body = requestBody?.content["application/json"]?.schema ?? {};
  return {
    allOf: [body, { type: "object", properties: Object.fromEntries(schemas), required }],
  };
}

/** What is answered, where anything is. */
function dataOf(
  { operation: { responses } }: Located,
  ok: Operation["ok"] = 200,
): Schema | undefined {
  const schemas = [ok].flat().map((status) => responses[status]?.content?.["application/json"]);
  return schemas.find((content) => content !== undefined)?.schema;
}

/** The problems' codes; a new one is additive, because callers are told to expect unknown ones. */
function codes(document: Document, { operation }: Located): Set<unknown> {
  return new Set(
    Object.values(operation.responses).flatMap(({ content }) => {
      const problem = flatten(document, content?.["application/problem+json"]?.schema ?? {});
      return flatten(document, problem.properties?.["code"] ?? {}).enum ?? [];
    }),
  );
}
