import { type Document, resolve } from "./document.js";

/** What src/runtime/shapes.ts relies on. A schema that the document does not have is not relied on. */
const RELIED_ON: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Session: { id: "string", idle_expires_at: "string", expires_at: "string", user: "object" },
  SignedIn: { session: "object" },
  Tokens: { access_token: "string", expires_in: "integer" },
  Probe: { cookie_received: "boolean", relation: "string" },
};

/** Fails when the document's sessions and tokens are not what the runtime was written for. */
export function checkSession(document: Document): void {
  for (const [schema, fields] of Object.entries(RELIED_ON)) {
    if (!document.components?.schemas?.[schema]) continue;
    const { properties, required } = resolve(document, { $ref: `#/components/schemas/${schema}` });
    for (const [name, type] of Object.entries(fields)) {
      const property = properties?.[name];
      if (!required?.includes(name) || (property && resolve(document, property).type) !== type) {
        throw new Error(`The schema ${schema} must require "${name}" of type ${type}`);
      }
    }
  }
}
