import type { FlatInput, Operation } from "./operation.js";

/** The path, query and body of a call. */
export interface Target {
  /** Path and query, relative to the base URL. */
  readonly path: string;
  readonly body: string | undefined;
}

/**
 * Distributes the input over path, query and body. `undefined` means: not given. Without a body, an
 * input that the operation does not have is a `TypeError`: ignoring it would hide a mistake, such as
 * options passed in place of the input. The service refuses unknown fields of a body.
 */
export function target(operation: Operation, input: FlatInput): Target {
  const rest = new Map(Object.entries(input));
  const take = (name: string): unknown => {
    const value = rest.get(name);
    rest.delete(name);
    return value;
  };

  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => segment(name, take(name)));

  const query = new URLSearchParams();
  for (const name of operation.query ?? []) {
    const value = take(name);
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) query.append(name, String(one));
    }
  }

  if (!operation.body && rest.size > 0) {
    throw new TypeError(`Unknown input: ${[...rest.keys()]}`);
  }
  for (const name of operation.blank ?? []) {
    // In a change, `null` removes the value.
    if (rest.get(name) === "") rest.set(name, operation.method === "PATCH" ? null : undefined);
  }

  const search = String(query);
  return {
    path: path + (search && `?${search}`),
    body: operation.body && JSON.stringify(Object.fromEntries(rest)),
  };
}

/**
 * One encoded path segment. An empty segment or a dot segment is refused, because the URL parser would
 * remove it: `DELETE /v1/me/sessions/..` would become `DELETE /v1/me`, another operation.
 */
function segment(name: string, value: unknown): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || /^\.{0,2}$/.test(text)) {
    throw new TypeError(`Input "${name}" is not a path segment`);
  }
  return encodeURIComponent(text);
}
