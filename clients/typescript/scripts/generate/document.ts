import type {
  Document,
  DocumentedOperation,
  DocumentedResponse,
  Located,
  Schema,
} from "../../../openapi/src/document.js";

export type {
  Document,
  DocumentedOperation,
  DocumentedResponse,
  Located,
  Parameter,
  Schema,
} from "../../../openapi/src/document.js";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
/** What a client has beside its operations. */
const TAKEN = [
  "session",
  "throwing",
  "diagnose",
  "setCookies",
  "close",
  "getAccessToken",
  "call",
  "all",
];
const CALLABLE = ["get", "put", "post", "delete", "patch"];

/** Every operation in the order of the document; fails on one that cannot become a method. */
export function operationsOf(document: Document): Located[] {
  const found = new Map<string, Located>();
  for (const [path, item] of Object.entries(document.paths)) {
    if (item["parameters"]) throw new Error(`${path}: parameters of a path are not supported`);
    for (const method of Object.keys(item).filter((key) => METHODS.includes(key))) {
      const operation = item[method] as DocumentedOperation;
      const place = `${method.toUpperCase()} ${path}`;
      const id = operation.operationId;
      if (!id) throw new Error(`${place} has no operationId`);
      if (!/^[a-z][A-Za-z0-9]*$/.test(id))
        throw new Error(`${place}: "${id}" is not a method name`);
      if (TAKEN.includes(id)) throw new Error(`${place}: "${id}" is taken by the client`);
      if (!CALLABLE.includes(method)) throw new Error(`${place} cannot be called with fetch`);
      if (found.has(id)) throw new Error(`${place}: operationId "${id}" is used twice`);
      found.set(id, {
        id,
        method: method.toUpperCase(),
        path,
        operation: written(document, operation),
      });
    }
  }
  return [...found.values()];
}

/** The operation with its responses in full, and without what the browser sends by itself. */
function written(document: Document, operation: DocumentedOperation): DocumentedOperation {
  const response = ({ $ref, ...own }: DocumentedResponse): DocumentedResponse => {
    if ($ref === undefined) return own;
    const name = /^#\/components\/responses\/([^/]+)$/.exec($ref)?.[1];
    const target = name === undefined ? undefined : document.components?.responses?.[name];
    if (!target) throw new Error(`${$ref} does not name a response of this document`);
    return response(target);
  };
  const responses = Object.entries(operation.responses).map(
    ([status, one]) => [status, response(one)] as const,
  );
  const { parameters, ...rest } = operation;
  return {
    ...rest,
    ...(parameters ? { parameters: parameters.filter((one) => one.in !== "cookie") } : {}),
    responses: Object.fromEntries(responses),
  };
}

/** Fails on a reference out of the document: following it would take the network. */
export function refuseOutside(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  const { $ref } = node as { $ref?: unknown };
  if (typeof $ref === "string" && !$ref.startsWith("#/")) {
    throw new Error(`${$ref} is outside of the document`);
  }
  Object.values(node).forEach(refuseOutside);
}

/** Follows a reference. */
export function resolve(document: Document, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = /^#\/components\/schemas\/([^/]+)$/.exec(schema.$ref)?.[1];
  const target = name === undefined ? undefined : document.components?.schemas?.[name];
  if (!target) throw new Error(`${schema.$ref} does not name a schema of this document`);
  return resolve(document, target);
}

/** All property names of a schema, those of its parts included. */
export function propertyNames(document: Document, schema: Schema): string[] {
  const whole = resolve(document, schema);
  const parts = [...(whole.allOf ?? []), ...(whole.oneOf ?? []), ...(whole.anyOf ?? [])];
  const names = parts.flatMap((part) => propertyNames(document, part));
  return [...new Set([...Object.keys(whole.properties ?? {}), ...names])];
}

/** Whether an object of this schema has a property that must be there. */
export function hasRequired(document: Document, schema: Schema): boolean {
  const { required = [], allOf = [], oneOf = [], anyOf = [] } = resolve(document, schema);
  const has = (part: Schema): boolean => hasRequired(document, part);
  return (
    required.length > 0 ||
    allOf.some(has) ||
    [oneOf, anyOf].some((parts) => parts.length > 0 && parts.every(has))
  );
}
