import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { ZodType } from "zod";
import * as admin from "../../src/generated/admin/zod.js";
import * as open from "../../src/generated/public/zod.js";

/** Both documents, by the names that the package has for them. */
export const DOCUMENTS = [
  { document: "openapi.json", folder: "schemas", zod: open },
  { document: "openapi-admin.json", folder: "schemas-admin", zod: admin },
] as const;

export const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

export interface Carried {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly judge: ValidateFunction;
  readonly zod: ZodType;
}

const read = new Map<string, readonly Carried[]>();

/** The JSON Schemas that the package carries, each with an independent judge and with the schema of zod. */
export function schemasOf(one: (typeof DOCUMENTS)[number]): readonly Carried[] {
  const schemas = read.get(one.folder) ?? compiled(one);
  read.set(one.folder, schemas);
  return schemas;
}

function compiled({ folder, zod }: (typeof DOCUMENTS)[number]): Carried[] {
  const modules = zod as unknown as Readonly<Record<string, ZodType>>;
  return readdirSync(`generated/${folder}`).map((file) => {
    const name = file.replace(/\.json$/, "");
    const schema = json(`generated/${folder}/${file}`);
    const own = modules[name];
    if (own === undefined) throw new Error(`zod has no ${name}`);
    return { name, schema, judge: judge().compile(schema), zod: own };
  });
}

/** The rules of draft 2020-12, and the formats that check something. */
function judge(): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false });
  formats.default(ajv);
  for (const format of ["int32", "int64", "uint8", "password", "idn-email"]) {
    ajv.addFormat(format, true);
  }
  ajv.addVocabulary(["x-enum-varnames", "x-enum-descriptions", "x-bifrons"]);
  return ajv;
}
