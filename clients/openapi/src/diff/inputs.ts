import type { DocumentedOperation, Parameter, Schema } from "../document.js";
import type { Difference, Kind } from "./change.js";
import { flatten } from "./flatten.js";
import { type At, compareSchemas } from "./schemas.js";

/** What callers send: parameters and body, as the one object that they pass to the client. */
export function inputs(at: At, was: DocumentedOperation, is: DocumentedOperation): Difference[] {
  return [
    ...moved(at, was, is),
    ...sentAlong(at, was, is),
    ...mediaTypes(at, was, is),
    ...compareSchemas({ ...at, way: "sent" }, inputOf(was), inputOf(is)),
  ];
}

/** Parameters that callers pass. Headers and cookies are compared apart. */
const passed = ({ parameters = [] }: DocumentedOperation): Parameter[] =>
  parameters.filter((one) => one.in === "query" || one.in === "path");

const bodyOf = ({ requestBody }: DocumentedOperation): Schema | undefined =>
  requestBody?.content["application/json"]?.schema;

function inputOf(operation: DocumentedOperation): Schema {
  const parameters = passed(operation);
  const properties = parameters.map(({ name, schema = {} }) => [name, schema] as const);
  const required = parameters.filter((one) => one.required).map(({ name }) => name);
  const rest = { type: "object", properties: Object.fromEntries(properties), required };
  return { allOf: [bodyOf(operation) ?? {}, rest] };
}

function moved(at: At, was: DocumentedOperation, is: DocumentedOperation): Difference[] {
  const [olds, news] = [placesOf(at.before, was), placesOf(at.after, is)];
  return Object.entries(olds).flatMap(([from, names]) =>
    Object.entries(news)
      .filter(([to]) => to !== from)
      .flatMap(([to, others]) =>
        names
          .filter((name) => others.includes(name))
          .map((name) => ({
            kind: "breaking" as const,
            what: `${at.place}: "${name}" has moved to the ${to}`,
          })),
      ),
  );
}

function placesOf(
  document: At["before"],
  operation: DocumentedOperation,
): Record<string, string[]> {
  const named = (place: string): string[] =>
    passed(operation)
      .filter((one) => one.in === place)
      .map(({ name }) => name);
  const body = bodyOf(operation);
  const fields = body ? Object.keys(flatten(document, body).properties ?? {}) : [];
  return { query: named("query"), path: named("path"), body: fields };
}

/** Headers, and the cookies that a request must have. The names of the others depend on the deployment. */
function sentAlong(at: At, was: DocumentedOperation, is: DocumentedOperation): Difference[] {
  const [olds, news] = [alongside(was), alongside(is)];
  const note = (kind: Kind, what: string): Difference => ({ kind, what: `${at.place}: ${what}` });
  const found: Difference[] = [];
  for (const [name, required] of news) {
    const before = olds.get(name);
    if (required && before !== true) found.push(note("breaking", `demands the ${name}`));
    else if (before === undefined) found.push(note("additive", `takes the ${name}`));
    else if (before && !required) found.push(note("additive", `does not demand the ${name}`));
  }
  for (const name of olds.keys()) {
    if (!news.has(name)) found.push(note("breaking", `takes no ${name} any more`));
  }
  return found;
}

/** By its name, whether it is required. */
function alongside({ parameters = [] }: DocumentedOperation): Map<string, boolean> {
  const found = new Map<string, boolean>();
  for (const { name, in: place, required = false } of parameters) {
    // The names of headers have no case.
    if (place === "header") found.set(`header ${name.toLowerCase()}`, required);
    if (place === "cookie" && required) found.set(`cookie ${name}`, required);
  }
  return found;
}

function mediaTypes(
  { place }: At,
  was: DocumentedOperation,
  is: DocumentedOperation,
): Difference[] {
  const found: Difference[] = [];
  const [olds, news] = [was, is].map((one) => Object.keys(one.requestBody?.content ?? {}));
  for (const one of (news?.length ?? 0) > 0 ? (olds ?? []) : []) {
    if (!news?.includes(one)) found.push({ kind: "breaking", what: `${place}: takes no ${one}` });
  }
  const [had, has] = [was, is].map((one) => one.requestBody?.required ?? false);
  if (!had && has) found.push({ kind: "breaking", what: `${place}: a body is required now` });
  return found;
}
