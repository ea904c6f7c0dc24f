import { type Document, operationsOf, resolve } from "./document.js";

/** A code with the statuses and the operations in which it may appear. */
export interface CataloguedProblem {
  readonly code: string;
  readonly statuses: readonly number[];
  readonly operations: readonly string[];
}

/** The catalogue of the problems, in the order of the document's codes. */
export function problems(document: Document): CataloguedProblem[] {
  const found = new Map<string, { statuses: Set<number>; operations: Set<string> }>();
  for (const { id, operation } of operationsOf(document)) {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      const code = content?.["application/problem+json"]?.schema?.allOf?.[1]?.properties?.["code"];
      for (const one of (code && resolve(document, code).enum) ?? []) {
        const entry = found.get(String(one)) ?? { statuses: new Set(), operations: new Set() };
        entry.statuses.add(Number(status));
        entry.operations.add(id);
        found.set(String(one), entry);
      }
    }
  }
  const all = resolve(document, { $ref: "#/components/schemas/ProblemCode" }).enum ?? [];
  return all.map((code) => {
    const { statuses = [], operations = [] } = found.get(String(code)) ?? {};
    return { code: String(code), statuses: [...statuses], operations: [...operations] };
  });
}
