import { type Document, type Located, resolve, type Schema } from "./document.js";

/** What `ProblemShape` in src/runtime/problem.ts relies on. */
const RELIED_ON: Readonly<Record<string, string>> = {
  type: "string",
  title: "string",
  status: "integer",
  code: "string",
};

/** Fails when the document's `Problem` is not what the runtime was written for. */
export function checkProblem(document: Document): void {
  const problem = resolve(document, { $ref: "#/components/schemas/Problem" });
  for (const [name, type] of Object.entries(RELIED_ON)) {
    const property = problem.properties?.[name];
    const found = property && resolve(document, property).type;
    if (found !== type || !problem.required?.includes(name)) {
      throw new Error(`The schema Problem must require "${name}" of type ${type}`);
    }
  }
  if (!codesOf(document, problem)) throw new Error("The schema Problem must list its codes");
}

/** Fails when an operation's errors are not problems that say which codes are possible. */
export function checkErrors(document: Document, { id, operation }: Located): void {
  const all = codesOf(document, resolve(document, { $ref: "#/components/schemas/Problem" }));
  for (const [status, { content = {} }] of Object.entries(operation.responses)) {
    if (/^2/.test(status)) continue;
    const schema = content["application/problem+json"]?.schema;
    if (!schema) throw new Error(`${id}: ${status} is not application/problem+json`);
    const parts = resolve(document, schema).allOf ?? [];
    if (parts[0]?.$ref !== "#/components/schemas/Problem") {
      throw new Error(`${id}: ${status} is not a Problem`);
    }
    const codes = parts[1] && codesOf(document, parts[1]);
    if (!codes?.length) throw new Error(`${id}: ${status} does not say its codes`);
    const unknown = codes.find((code) => !all?.includes(code));
    if (unknown !== undefined) throw new Error(`${id}: ${status} has the unknown code ${unknown}`);
  }
}

function codesOf(document: Document, schema: Schema): readonly unknown[] | undefined {
  const code = schema.properties?.["code"];
  return code && resolve(document, code).enum;
}
