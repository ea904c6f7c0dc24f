import { type Document, operationsOf, resolve } from "./document.js";

/** A code with the statuses and the operations in which it may appear. */
export interface CataloguedProblem {
  readonly code: string;
  readonly statuses: readonly number[];
  readonly operations: readonly string[];
}

interface Appearances {
  readonly statuses: Set<number>;
  readonly operations: Set<string>;
}

/** The catalogue of the problems of all documents, in the order of their codes. */
export function problems(documents: readonly Document[]): CataloguedProblem[] {
  const found = new Map<string, Appearances>();
  const of = (code: unknown): Appearances => {
    const appearances = found.get(String(code)) ?? { statuses: new Set(), operations: new Set() };
    found.set(String(code), appearances);
    return appearances;
  };
  for (const document of documents) {
    // Some appear outside of the operations only.
    resolve(document, { $ref: "#/components/schemas/ProblemCode" }).enum?.forEach(of);
    for (const { id, operation } of operationsOf(document)) {
      for (const [status, { content }] of Object.entries(operation.responses)) {
        const code =
          content?.["application/problem+json"]?.schema?.allOf?.[1]?.properties?.["code"];
        for (const one of (code && resolve(document, code).enum) ?? []) {
          of(one).statuses.add(Number(status));
          of(one).operations.add(id);
        }
      }
    }
  }
  return [...found].map(([code, { statuses, operations }]) => ({
    code,
    statuses: [...statuses],
    operations: [...operations],
  }));
}
