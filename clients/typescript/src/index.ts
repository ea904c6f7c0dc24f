/**
 * The typed client of the Bifrons authentication service: {@link createClient}, the shapes of the
 * API's documents, and for every operation `Input`, `Data`, `ProblemOf` and `Result` by its name.
 */
export { type Client, createClient } from "./client.js";
export type * from "./generated/models.js";
export type { CallOptions, ClientOptions, Fetch, Token } from "./runtime/call.js";
export type { UnexpectedResponse } from "./runtime/problem.js";
export type {
  CodeOf,
  Data,
  Input,
  OperationId,
  Problem,
  ProblemCode,
  ProblemOf,
  Result,
} from "./types.js";
