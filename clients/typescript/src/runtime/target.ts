import type { FlatInput, Operation } from "./operation.js";

/** Where a call goes, and what it carries. */
export interface Target {
  /** Path and query, to be put behind the base URL. */
  readonly path: string;
  readonly body: string | undefined;
}

/**
 * Puts every input where the operation wants it. An input that is `undefined` counts as not given.
 * An input the operation does not have is a `TypeError`: dropping it silently would hide a typing
 * mistake such as options handed in where the input belongs.
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

  const body = operation.body?.map((name) => [name, take(name)]);
  if (rest.size > 0) throw new TypeError(`Unknown input: ${[...rest.keys()].join(", ")}`);

  const search = String(query);
  return {
    path: search ? `${path}?${search}` : path,
    body: body && JSON.stringify(Object.fromEntries(body)),
  };
}

/**
 * One encoded path segment. An empty one or a dot segment is refused, because the URL parser would
 * take it away: `DELETE /v1/me/sessions/..` would become `DELETE /v1/me`, another operation.
 */
function segment(name: string, value: unknown): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || /^\.{0,2}$/.test(text)) {
    throw new TypeError(`Input "${name}" cannot stand in a path`);
  }
  return encodeURIComponent(text);
}
