/**
 * The client in parts, for pages that count every byte: `connect` makes the one function that does
 * the calls, and each operation is a function of its own. Without the session's state, the bearer
 * face and the rest of what `createClient` adds.
 *
 * @example
 * const api = connect({ baseUrl: "https://auth.example.org" });
 * const { data, problem } = await signIn(api, { email, password });
 */
export * from "./generated/operations.js";
export { type Call, type CallTarget, createCall as connect } from "./runtime/call.js";
