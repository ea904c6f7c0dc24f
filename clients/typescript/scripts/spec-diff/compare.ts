import { type Document, type Located, operationsOf } from "../generate/document.js";
import { entryOf, needsInput } from "../generate/entry.js";
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
  // The same schema may be felt in several places.
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
  if (was.ok !== is.ok || was.empty !== is.empty) note("breaking", "answers in another way");
  if (was.bearer !== is.bearer) {
    note(is.bearer ? "breaking" : "additive", is.bearer ? "wants a token" : "wants no token");
  }
  if (!needsInput(before, old) && needsInput(after, now)) note("breaking", "wants an input");
  for (const name of was.query ?? []) {
    if (!is.query?.includes(name)) note("breaking", `"${name}" is not taken any more`);
  }
  for (const name of is.query ?? []) {
    if (!was.query?.includes(name)) note("additive", `"${name}" is taken`);
  }
  const media = "application/json";
  const sent = [old, now].map((one) => one.operation.requestBody?.content[media]?.schema);
  changes.push(...compareSchemas(before, sent[0], after, sent[1], "sent", now.id));
  const data = ([old, now] as const).map(
    ({ operation: { responses } }, index) =>
      responses[index === 0 ? was.ok : is.ok]?.content?.[media]?.schema,
  );
  changes.push(...compareSchemas(before, data[0], after, data[1], "answered", now.id));
  const had = codes(old);
  const has = codes(now);
  for (const code of had) if (!has.has(code)) note("breaking", `has no problem "${code}" any more`);
  for (const code of has) if (!had.has(code)) note("additive", `may have the problem "${code}"`);
  return changes;
}

/** The problems' codes; a new one is additive, because callers are told to expect unknown ones. */
function codes({ operation }: Located): Set<unknown> {
  return new Set(
    Object.values(operation.responses).flatMap(
      ({ content }) =>
        content?.["application/problem+json"]?.schema?.allOf?.[1]?.properties?.["code"]?.enum ?? [],
    ),
  );
}
