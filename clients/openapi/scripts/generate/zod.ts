import { type JsonSchema as AnySchema, jsonSchemaToZod } from "json-schema-to-zod";
import { type JsonSchema, namedBy } from "./schemas.js";

/** A module with one schema of zod for each schema, after those that it refers to. */
export function zod(schemas: Readonly<Record<string, JsonSchema>>): string {
  const statements = new Map<string, string>();
  const add = (name: string, above: readonly string[]): void => {
    const schema = schemas[name];
    if (statements.has(name) || schema === undefined) return;
    if (above.includes(name)) throw new Error(`The schema "${name}" contains itself`);
    for (const other of namedBy(schema)) add(other, [...above, name]);
    const about = typeof schema["description"] === "string" ? comment(schema["description"]) : "";
    statements.set(name, `${about}export const ${name} = ${expression(schema)};\n`);
  };
  for (const name of Object.keys(schemas)) add(name, []);
  const values = [...statements.values()].join("\n");
  const used = ["characters", "never"].filter((helper) => values.includes(`${helper}(`));
  const helpers = used.length > 0 ? `import { ${used.join(", ")} } from "../../rules.js";\n` : "";
  return `import { z } from "zod";\n${helpers}\n${values}`;
}

function expression(schema: JsonSchema): string {
  const options = { zodVersion: 4, withoutDescribes: true, parserOverride: override } as const;
  return jsonSchemaToZod(schema as AnySchema, options);
}

/** What the library does not know, or does in another way than JSON Schema. */
function override(schema: JsonSchema): string | undefined {
  if (typeof schema.$ref === "string") return schema.$ref.split("/").at(-1);
  const { not, allOf, minLength, maxLength, ...rest } = schema;
  if (not !== undefined) {
    return `${expression(drop(schema, "not"))}.refine(never(${JSON.stringify(not)}))`;
  }
  // poem-openapi describes a reference by `allOf`; the second part has no rule.
  const [first, second, ...others] = (allOf ?? []) as JsonSchema[];
  if (first?.$ref !== undefined && others.length === 0 && hasNoRule(second ?? {})) {
    return expression(first);
  }
  // JSON Schema counts characters, and zod UTF-16 code units.
  if (schema["type"] === "string" && (minLength ?? maxLength) !== undefined) {
    return `${expression(rest)}.refine(characters(${minLength ?? 0}, ${maxLength ?? "Infinity"}))`;
  }
  return undefined;
}

const drop = (schema: JsonSchema, name: string): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== name));

const hasNoRule = (schema: JsonSchema): boolean =>
  Object.keys(schema).every((keyword) => ["description", "examples", "default"].includes(keyword));

const comment = (text: string): string =>
  `/** ${text.trim().replaceAll("*/", "*\\/").replaceAll("\n", "\n * ")} */\n`;
