/**
 * The typed client of the Bifrons authentication service: {@link createClient}, the API's schemas as
 * types, and for every operation `Input`, `Data`, `ProblemOf` and `Result` by its name.
 */
export { type Client, createClient } from "./client.js";
export type { Diagnosis } from "./diagnose.js";
export type { ReadingId } from "./generated/methods.js";
export type * from "./generated/models.js";
export type { ClientOptions, CookieMode, TokenMode } from "./options.js";
export type { PasskeySignIn, Passkeys } from "./passkeys.js";
export { isProblemError, ProblemError } from "./problem-error.js";
export type { CallOptions, Fetch, Token } from "./runtime/call.js";
export type { CookieSource } from "./runtime/cookies.js";
export type { UnexpectedResponse } from "./runtime/problem.js";
export type { TokenStorage } from "./runtime/storage.js";
export type { EndReason } from "./runtime/tracker.js";
export type { SessionState, SessionStore } from "./session.js";
export type {
  CodeOf,
  Data,
  Input,
  MethodInput,
  OperationId,
  Problem,
  ProblemCode,
  ProblemOf,
  Result,
  Throwing,
} from "./types.js";
