import { type Document, resolve, type Schema } from "../document.js";

/** The schema with all that it refers to and is composed of in one; later keywords override earlier ones. */
export function flatten(document: Document, schema: Schema): Schema {
  const { allOf, ...own } = resolve(document, schema);
  if (!allOf) return own;
  return [...allOf, own].map((part) => flatten(document, part)).reduce(merge);
}

function merge(first: Schema, then: Schema): Schema {
  const properties: Record<string, Schema> = { ...first.properties };
  for (const [name, schema] of Object.entries(then.properties ?? {})) {
    const earlier = properties[name];
    properties[name] = earlier ? { allOf: [earlier, schema] } : schema;
  }
  const required = [...(first.required ?? []), ...(then.required ?? [])];
  return { ...first, ...then, properties, required };
}
