import type { Document, DocumentedOperation, DocumentedResponse, Schema } from "../document.js";
import type { Difference, Kind } from "./change.js";
import { flatten } from "./flatten.js";
import { type At, compareSchemas } from "./schemas.js";

/** What callers get: the statuses, the data of each success, and the problems. */
export function answers(at: At, was: DocumentedOperation, is: DocumentedOperation): Difference[] {
  return [...successes(at, was, is), ...problems(at, was, is)];
}

const isSuccess = (status: string): boolean => status.startsWith("2");

function successes(at: At, was: DocumentedOperation, is: DocumentedOperation): Difference[] {
  const [olds, news] = [was, is].map(({ responses }) => Object.keys(responses).filter(isSuccess));
  const note = (kind: Kind, what: string): Difference => ({ kind, what: `${at.place}: ${what}` });
  const found = [
    ...(olds ?? [])
      .filter((status) => !news?.includes(status))
      .map((status) => note("breaking", `does not answer ${status} any more`)),
    ...(news ?? [])
      .filter((status) => !olds?.includes(status))
      .map((status) => note("breaking", `may answer ${status}, which callers must tell apart`)),
  ];
  const kept = (olds ?? []).filter((status) => news?.includes(status));
  // A status in place of another one: what callers read may be the same.
  const pairs = kept.length > 0 ? kept.map((one) => [one, one] as const) : [[olds?.[0], news?.[0]]];
  const data = pairs.flatMap(([a = "", b = ""]) =>
    compareSchemas({ ...at, way: "answered" }, dataOf(was.responses[a]), dataOf(is.responses[b])),
  );
  return [...found, ...data];
}

const dataOf = (response: DocumentedResponse | undefined): Schema | undefined =>
  response?.content?.["application/json"]?.schema;

/** The statuses of problems, and their codes. */
function problems(at: At, was: DocumentedOperation, is: DocumentedOperation): Difference[] {
  const [had, has] = [codes(at.before, was), codes(at.after, is)];
  const note = (kind: Kind, what: string): Difference => ({ kind, what: `${at.place}: ${what}` });
  const found: Difference[] = [];
  for (const code of had.keys()) {
    if (!has.has(code)) found.push(note("breaking", `has no problem "${code}" any more`));
  }
  const statuses = new Set(Object.keys(was.responses));
  for (const [code, status] of has) {
    if (had.has(code)) continue;
    const fresh = statuses.has(status) ? "" : `, with the status ${status}, which is new here`;
    found.push(note("unhandled", `may have the problem "${code}"${fresh}`));
  }
  const named = new Set(has.values());
  for (const status of Object.keys(is.responses)) {
    if (isSuccess(status) || statuses.has(status) || named.has(status)) continue;
    found.push(note("unhandled", `may answer ${status}`));
  }
  return found;
}

/** The codes of the problems, each with its status. */
function codes(document: Document, { responses }: DocumentedOperation): Map<unknown, string> {
  const found = new Map<unknown, string>();
  for (const [status, { content }] of Object.entries(responses)) {
    const problem = flatten(document, content?.["application/problem+json"]?.schema ?? {});
    const list = flatten(document, problem.properties?.["code"] ?? {}).enum ?? [];
    for (const code of list) found.set(code, status);
  }
  return found;
}
