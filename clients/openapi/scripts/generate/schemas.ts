export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
}

const DIALECT = "https://json-schema.org/draft/2020-12/schema";
const REFERENCE = /#\/components\/schemas\/(\w+)/g;

/** The names of the schemas that a schema refers to. */
export const namedBy = (schema: JsonSchema): string[] =>
  Array.from(JSON.stringify(schema).matchAll(REFERENCE), ([, name = ""]) => name);

/** A schema with all that it refers to inside. */
export function selfContained(
  schemas: Readonly<Record<string, JsonSchema>>,
  name: string,
): JsonSchema {
  const defs = new Map<string, JsonSchema>();
  const add = (from: string): void => {
    for (const other of namedBy(schemas[from] ?? {})) {
      if (defs.has(other)) continue;
      defs.set(other, schemas[other] ?? {});
      add(other);
    }
  };
  add(name);
  const $defs = Object.fromEntries([...defs].sort(([a], [b]) => (a < b ? -1 : 1)));
  const whole = { $schema: DIALECT, ...schemas[name], ...(defs.size > 0 ? { $defs } : {}) };
  return JSON.parse(JSON.stringify(whole).replaceAll(REFERENCE, "#/$defs/$1"));
}
