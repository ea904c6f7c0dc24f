/**
 * The typed client of the admin API of Bifrons: {@link createAdminClient}, the API's schemas as types, and
 * for every operation `Input`, `Data`, `ProblemOf` and `Result` by its name.
 */
export type { CallOptions, Fetch, Token } from "../runtime/call.js";
export type { UnexpectedResponse } from "../runtime/problem.js";
export {
  type AdminClient,
  type AdminKeyOptions,
  createAdminClient,
  isProblemError,
} from "./client.js";
export type { ReadingId } from "./generated/methods.js";
export type * from "./generated/models.js";
export type {
  CodeOf,
  Data,
  Input,
  Item,
  ListId,
  OperationId,
  Problem,
  ProblemCode,
  ProblemError,
  ProblemOf,
  Result,
  Throwing,
} from "./types.js";
