import type { Document, Schema } from "../../src/document.js";

/** The body of each problem code, as the documents show it. Fails on a code that neither document shows. */
export function problems(...documents: readonly Document[]): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const { components } of documents) {
    const codes = components?.schemas?.["ProblemCode"] as Shown | undefined;
    for (const code of codes?.enum ?? []) {
      const listed = components?.examples?.[String(code)]?.value;
      const body = listed ?? codes?.["x-bifrons"]?.examples?.[String(code)];
      if (body === undefined) throw new Error(`The document shows no problem "${code}"`);
      found.set(String(code), body);
    }
  }
  return found;
}

/** The codes that no operation answers with are shown beside the list. */
interface Shown extends Schema {
  readonly "x-bifrons"?: { readonly examples?: Readonly<Record<string, unknown>> };
}
