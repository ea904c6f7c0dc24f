/** A failure that a document lists for an operation, ready to be sent. */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
  /** Whether the answer has `Retry-After`. */
  readonly waits: boolean;
}

/** An operation of an OpenAPI document. */
export interface Operation {
  /** The `operationId`; the method and the path if there is none. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly pattern: RegExp;
  readonly problems: readonly Problem[];
}

/** A part of a document. */
interface Part {
  readonly [name: string]: unknown;
}

const METHODS = ["get", "put", "post", "delete", "patch"];

/** Where error bodies usually have their code. */
const CODES = [
  "code",
  "error.code",
  "error.type",
  "error.status",
  "error",
  "errors.0.code",
  "type",
];

/** The operations of a document. `code` names the member of an error body that tells errors apart. */
export function operationsOf(document: unknown, code?: string): readonly Operation[] {
  const found: Operation[] = [];
  const base = basePath(document);
  for (const [path, item] of Object.entries(part(part(document)["paths"]))) {
    for (const method of METHODS) {
      const operation = part(resolve(document, item))[method];
      if (operation === undefined) continue;
      const { operationId, responses } = part(operation);
      found.push({
        id: typeof operationId === "string" ? operationId : `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        pattern: pattern(base + path),
        problems: problems(document, part(responses), code === undefined ? CODES : [code]),
      });
    }
  }
  // Of two that match, the one with fewer parameters is meant.
  return found.sort((a, b) => a.path.split("{").length - b.path.split("{").length);
}

/** The path in front of all paths, of the first server. */
function basePath(document: unknown): string {
  const servers = part(document)["servers"];
  const url = Array.isArray(servers) ? part(servers[0])["url"] : undefined;
  const { pathname } = new URL(typeof url === "string" ? url : "/", "http://localhost");
  return pathname.replace(/\/$/, "");
}

function pattern(path: string): RegExp {
  const parts = path.split(/\{[^}]+\}/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]+")}$`);
}

function problems(document: unknown, responses: Part, codes: readonly string[]): Problem[] {
  return Object.entries(responses).flatMap(([name, response]) => {
    const status = name === "default" ? 500 : Number(name.replace(/XX$/i, "00"));
    if (!(status >= 400)) return [];
    const { content, headers } = part(resolve(document, response));
    const waits = Object.keys(part(headers)).some((header) => /^retry-after$/i.test(header));
    const [type = "text/plain", media] = Object.entries(part(content))[0] ?? [];
    return bodies(document, part(media)).map(([example, body]) => {
      const code = codes.map((path) => at(body, path)).find((value) => value !== undefined);
      return { code: code ?? example ?? String(status), status, type, body, waits };
    });
  });
}

/** The example bodies of a media type, by name. Without examples, one is made from the schema. */
function bodies(document: unknown, media: Part): [string | undefined, unknown][] {
  const examples = Object.entries(part(media["examples"]));
  if (examples.length > 0) {
    return examples.map(([name, example]) => [name, part(resolve(document, example))["value"]]);
  }
  return [[undefined, media["example"] ?? sample(document, media["schema"])]];
}

/** A value of a schema. */
function sample(document: unknown, given: unknown): unknown {
  const schema = part(resolve(document, given));
  const { example, type, properties, items } = schema;
  if (example !== undefined) return example;
  if (schema["default"] !== undefined) return schema["default"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  for (const name of ["allOf", "oneOf", "anyOf"]) {
    const parts = schema[name];
    if (!Array.isArray(parts)) continue;
    const values = parts.map((one) => sample(document, one));
    return name === "allOf" ? Object.assign({}, ...values) : values[0];
  }
  if (properties !== undefined) {
    return Object.fromEntries(
      Object.entries(part(properties)).map(([name, one]) => [name, sample(document, one)]),
    );
  }
  if (type === "array") return items === undefined ? [] : [sample(document, items)];
  return { string: "error", integer: 0, number: 0, boolean: false }[String(type)];
}

/** The text or number at a path such as `error.code`. */
function at(body: unknown, path: string): string | undefined {
  const value = path.split(".").reduce<unknown>((inside, name) => part(inside)[name], body);
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function resolve(document: unknown, given: unknown): unknown {
  const reference = part(given)["$ref"];
  if (typeof reference !== "string") return given;
  const names = reference.replace(/^#\//, "").split("/");
  const clear = (name: string) => decodeURIComponent(name).replace(/~1/g, "/").replace(/~0/g, "~");
  return names.reduce<unknown>((inside, name) => part(inside)[clear(name)], document);
}

const part = (value: unknown): Part =>
  typeof value === "object" && value !== null ? (value as Part) : {};
