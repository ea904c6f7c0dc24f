/** The parts of an OpenAPI 3.0 document that matter to callers. */
export interface Document {
  readonly info?: { readonly version?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly security?: readonly SecurityRequirement[];
  readonly components?: {
    readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
    readonly responses?: Readonly<Record<string, DocumentedResponse>>;
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
  };
}

export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

export interface SecurityScheme {
  readonly type: string;
  readonly scheme?: string;
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly items?: Schema;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly not?: unknown;
  readonly additionalProperties?: unknown;
  readonly nullable?: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly example?: unknown;
}

export interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

export interface Media {
  readonly schema?: Schema;
}

export interface DocumentedResponse {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

/** What Bifrons says of an operation for programs. */
export interface Marks {
  /** The modes of the sessions that the operation takes, or, where it takes none, that it opens. */
  readonly modes: readonly ("cookie" | "token")[];
  /** Whether it can answer 403 `reauthentication_required`. */
  readonly fresh: boolean;
}

export interface DocumentedOperation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly security?: readonly SecurityRequirement[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, Media>>;
  };
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
  readonly "x-bifrons"?: Marks;
  /** Whether it demands a fresh session of every user. */
  readonly "x-step-up"?: boolean;
  /** What an admin key needs. */
  readonly "x-admin-scope"?: string;
}

/** An operation with its place in the document. */
export interface Located {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly operation: DocumentedOperation;
}

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/** Every operation in the order of the document, with its parameters and responses in full. */
export function operationsOf(document: Document): Located[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((key) => METHODS.includes(key))
      .map((key) => {
        const method = key.toUpperCase();
        const operation = item[key] as DocumentedOperation;
        const shared = (item["parameters"] ?? []) as readonly Parameter[];
        const parameters = [...shared, ...(operation.parameters ?? [])];
        const responses = Object.entries(operation.responses);
        const full = {
          ...operation,
          parameters: parameters.map((one) => resolve(document, one)),
          responses: Object.fromEntries(
            responses.map(([status, one]) => [status, resolve(document, one)]),
          ),
        };
        return { id: operation.operationId ?? `${method} ${path}`, method, path, operation: full };
      }),
  );
}

/** What is wrong with a document. */
export class Malformed extends Error {}

/** Follows a reference inside the document; what is none stands for itself. */
export function resolve<T extends { readonly $ref?: string }>(document: Document, value: T): T {
  if (value.$ref === undefined) return value;
  const steps = value.$ref.startsWith("#/") ? value.$ref.slice(2).split("/") : undefined;
  const target = steps?.reduce<unknown>(
    (at, step) => (at as Record<string, unknown> | undefined)?.[plain(step)],
    document,
  );
  if (!target) throw new Malformed(`${value.$ref} does not name a part of this document`);
  return resolve(document, target as T);
}

/** A step of a JSON pointer, unescaped. */
const plain = (step: string): string =>
  decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
