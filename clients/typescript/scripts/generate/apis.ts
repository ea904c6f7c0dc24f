/** What the generator makes of one of the service's documents. */
export interface Api {
  /** The document's name. */
  readonly name: string;
  /** The generated sources, below `src`. */
  readonly folder: string;
  /** The types of the operations, and `src`, as the generated sources import them. */
  readonly types: string;
  readonly up: string;
  /** The type of what a method takes. */
  readonly input: "MethodInput" | "Input";
  /** Whether each operation is a function too. */
  readonly core: boolean;
  /** The reference, and what it says of the methods. */
  readonly manual: string;
  readonly intro: string;
}

export const PUBLIC: Api = {
  name: "openapi.json",
  folder: "generated",
  types: "../types.js",
  up: "..",
  // The client adds its own mode.
  input: "MethodInput",
  core: true,
  manual: "API.md",
  intro: `Every operation is a method of the client and of \`client.throwing\`, and a function of
\`@bifrons/client/core\`.`,
};

export const ADMIN: Api = {
  name: "openapi-admin.json",
  folder: "admin/generated",
  types: "../types.js",
  up: "../..",
  input: "Input",
  core: false,
  manual: "API-admin.md",
  intro: `Every operation is a method of the client of \`@bifrons/client/admin\`, and of its \`throwing\`.`,
};
