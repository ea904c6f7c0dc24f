import type { Document, DocumentedOperation, Schema } from "../../scripts/generate/document.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** What a test may change in the document. */
export interface Edit {
  document: { paths: Record<string, Record<string, unknown>> };
  change: Mutable<DocumentedOperation> & { responses: Record<string, object> };
  problem: { properties: Record<string, Schema>; required: string[] };
}

export const STRING: Schema = { type: "string" };
export const object = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: "object",
  properties,
  required,
});

export function errorWith(code: string): DocumentedOperation["responses"][string] {
  const narrowed = object({ code: { type: "string", enum: [code] } });
  const schema = { allOf: [{ $ref: "#/components/schemas/Problem" }, narrowed] };
  return { content: { "application/problem+json": { schema } } };
}

/** A small document, changed by the test. */
export function sample(mutate?: (edit: Edit) => void): Document {
  const change: Edit["change"] = {
    operationId: "changeThing",
    summary: "Change a thing",
    description: "Or do not */ really.",
    security: [{ cookieAuth: [] }, { bearerAuth: [] }],
    parameters: [
      { name: "id", in: "path", required: true, schema: STRING } as never,
      { name: "dry_run", in: "query", schema: { type: "boolean" } } as never,
    ],
    requestBody: {
      content: {
        "application/json": {
          schema: object({ name: STRING, color: { ...STRING, minLength: 1 } }, ["name"]),
        },
      },
    },
    responses: {
      "200": {
        content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } },
      },
      "404": errorWith("not_found"),
    },
  };
  const problem: Edit["problem"] = {
    properties: {
      type: STRING,
      title: STRING,
      status: { type: "integer" },
      code: { type: "string", enum: ["not_found", "other"] },
    },
    required: ["type", "title", "status", "code"],
  };
  const document = {
    openapi: "3.0.0",
    info: { title: "Things", version: "1.2.3" },
    paths: { "/v1/things/{id}": { patch: change as unknown } },
    components: {
      schemas: {
        Problem: { type: "object", ...problem },
        Thing: { description: "A thing.", ...object({ id: STRING }) },
      },
      securitySchemes: {
        cookieAuth: { type: "apiKey", in: "cookie", name: "session" },
        bearerAuth: { type: "http", scheme: "bearer" },
      },
    },
  };
  mutate?.({ document, change, problem });
  // `required` may have been replaced, which the spread above does not see.
  Object.assign(document.components.schemas.Problem, problem);
  return document as Document;
}
