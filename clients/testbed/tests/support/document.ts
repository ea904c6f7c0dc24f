import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv } from "ajv";
import formats from "ajv-formats";

interface Part {
  readonly [name: string]: Part;
}

const DOCUMENT = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../../../openapi.json"), "utf8"),
) as Part;

const ajv = new Ajv({ strict: false });
formats.default(ajv);
for (const format of ["int32", "uint8", "password", "idn-email"]) ajv.addFormat(format, true);
ajv.addSchema(DOCUMENT, "document");

/** Where a JSON pointer leads. */
const under = (...names: readonly string[]): string =>
  `document#/${names.map((name) => encodeURIComponent(name.replaceAll("/", "~1"))).join("/")}`;

/** What is wrong with an answer by the document of the service; empty if nothing is. */
export function wrongWith(answer: {
  method: string;
  path: string;
  status: number;
  type: string;
  body: unknown;
}): string {
  const { method, path, status, type, body } = answer;
  const verb = method.toLowerCase();
  const listed = DOCUMENT["paths"]?.[path]?.[verb]?.["responses"]?.[String(status)];
  if (listed === undefined) return `the document lists no ${status} for ${method} ${path}`;
  const reference = listed["$ref"] as unknown as string | undefined;
  const name = reference?.split("/").at(-1) ?? "";
  const content =
    reference === undefined
      ? listed["content"]
      : DOCUMENT["components"]?.["responses"]?.[name]?.["content"];
  if (content === undefined) return body === undefined ? "" : "the document lists no body";
  if (content[type] === undefined) return `the document lists no ${type}`;
  const place =
    reference === undefined
      ? under("paths", path, verb, "responses", String(status))
      : under("components", "responses", name);
  const media = encodeURIComponent(type.replaceAll("/", "~1"));
  const validate = ajv.getSchema(`${place}/content/${media}/schema`);
  if (validate === undefined) return "the document lists no schema";
  return validate(body) ? "" : ajv.errorsText(validate.errors);
}
