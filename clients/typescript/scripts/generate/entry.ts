import type { Operation } from "../../src/runtime/operation.js";
import type { SessionEffect } from "../../src/runtime/shapes.js";
import {
  type Document,
  hasRequired,
  type Located,
  type Parameter,
  propertyNames,
  resolve,
} from "./document.js";
import { effects } from "./effects.js";

/** The table's entry for an operation. Fails on what the runtime cannot call. */
export function entryOf(document: Document, located: Located): Operation {
  const path = [...located.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
  const query = queryOf(located, path);
  const match = hasMatch(located);
  const body = bodyOf(document, located);
  const blank = blankOf(document, located);
  refuseClash(located, [...path, ...query, ...(match ? [VERSION] : []), ...(body ?? [])]);
  return {
    method: located.method as Operation["method"],
    path: located.path as Operation["path"],
    ...(query.length > 0 ? { query } : {}),
    ...(body ? { body: true } : {}),
    ...(blank.length > 0 ? { blank } : {}),
    ...(body?.includes("refresh_in") ? { mode: true } : {}),
    ...(match ? { match } : {}),
    ...(readsBearer(document, located) ? { bearer: true } : {}),
    ...(located.id in effects ? { effect: effects[located.id] as SessionEffect } : {}),
    ...successOf(located),
  };
}

/** Whether an operation cannot be called without any input. */
export function needsInput(document: Document, { path, operation }: Located): boolean {
  const body = operation.requestBody?.content["application/json"]?.schema;
  return (
    path.includes("{") ||
    (operation.parameters ?? []).some((parameter) => parameter.required) ||
    (body !== undefined && hasRequired(document, body))
  );
}

/** A flat input object has one place for a name. */
function refuseClash({ id }: Located, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new Error(`${id}: "${twice}" is the name of two inputs; give one of them another name`);
  }
}

function queryOf({ id, operation }: Located, path: readonly string[]): string[] {
  const query: string[] = [];
  for (const parameter of operation.parameters ?? []) {
    if (parameter.$ref) throw new Error(`${id}: referenced parameters are not supported`);
    if (parameter.in === "query") query.push(parameter.name);
    else if (isMatch(parameter)) continue;
    else if (parameter.in !== "path" || !path.includes(parameter.name)) {
      throw new Error(`${id}: parameter "${parameter.name}" in ${parameter.in} is not supported`);
    }
  }
  return query;
}

/** The input that goes into `If-Match`, in quotes: the number that the answers call so. */
export const VERSION = "version";

/** Whether a parameter is the header that names the version which was read. */
export const isMatch = (parameter: Parameter): boolean =>
  parameter.in === "header" && parameter.name === "If-Match" && !parameter.required;

function hasMatch({ operation }: Located): true | undefined {
  return operation.parameters?.some(isMatch) || undefined;
}

/** The names of the body's fields, if the operation has a body. */
export function bodyOf(document: Document, { id, operation }: Located): string[] | undefined {
  if (!operation.requestBody) return undefined;
  const [[mediaType, media] = [], ...others] = Object.entries(operation.requestBody.content);
  if (mediaType !== "application/json" || !media?.schema || others.length > 0) {
    throw new Error(`${id}: the body must be application/json and nothing else`);
  }
  const { type } = resolve(document, media.schema);
  if (type !== undefined && type !== "object") throw new Error(`${id}: the body is not an object`);
  return propertyNames(document, media.schema);
}

/** The optional fields of the body that are not empty when they are there. */
function blankOf(document: Document, { operation }: Located): string[] {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const { properties = {}, required = [] } = schema ? resolve(document, schema) : {};
  return Object.entries(properties)
    .filter(([name, field]) => !required.includes(name) && (field.minLength ?? 0) > 0)
    .map(([name]) => name);
}

function readsBearer(document: Document, { operation }: Located): boolean {
  const schemes = document.components?.securitySchemes ?? {};
  return (operation.security ?? document.security ?? [])
    .flatMap((requirement) => Object.keys(requirement))
    .some((name) => schemes[name]?.type === "http" && schemes[name].scheme === "bearer");
}

/** The success statuses. The runtime reads JSON, or nothing where the status is not 200. */
function successOf({ id, operation }: Located): Pick<Operation, "ok"> {
  const successes = Object.entries(operation.responses).filter(([status]) => /^2/.test(status));
  for (const [status, { content = {} }] of successes) {
    const mediaTypes = Object.keys(content).join(", ") || "nothing";
    if (mediaTypes !== "application/json" && (mediaTypes !== "nothing" || status === "200")) {
      throw new Error(
        `${id} answers ${status} with ${mediaTypes}; the client reads application/json`,
      );
    }
  }
  const [status, ...others] = successes.map(([status]) => Number(status));
  if (!status) throw new Error(`${id} must have a 2xx answer`);
  if (others.length > 0) return { ok: [status, ...others] };
  return status === 200 ? {} : { ok: status };
}
