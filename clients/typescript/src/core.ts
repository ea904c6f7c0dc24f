/**
 * The client in parts, for the smallest bundles: `connect` makes the one function that sends the
 * calls, and each operation is a function. Without the session's state, token mode and the other
 * features of `createClient`.
 *
 * @example
 * const api = connect({ baseUrl: "https://auth.example.org" });
 * const { data, problem } = await signIn(api, { email, password });
 */
export * from "./generated/operations.js";
export { type Call, type CallTarget, createCall as connect } from "./runtime/call.js";
