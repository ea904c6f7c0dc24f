import type { Methods } from "./generated/methods.js";
import { operations } from "./generated/operations.js";
import { type Call, type ClientOptions, createCall } from "./runtime/call.js";

/** One method an operation of the API. */
export interface Client extends Methods {}

/**
 * Makes a client. It keeps nothing: in a browser the session lives in an `HttpOnly` cookie, and a
 * bearer token stays with whoever hands it in.
 *
 * Every method takes one flat object and then the options of the call, and resolves to
 * `{ data, response }` or `{ problem, response }`. It rejects only when there is no answer: with the
 * `TypeError` of `fetch` when the network fails, with a `TimeoutError` (`DOMException`) after the
 * timeout, with the reason of the signal (an `AbortError` by default) when it is aborted, and with a
 * `TypeError` for an input that the operation does not have.
 *
 * @example
 * const client = createClient({ baseUrl: "https://auth.example.org" });
 * const { data, problem } = await client.signIn({ email, password });
 */
export function createClient(options: ClientOptions): Client {
  const call = createCall(options);
  const methods = Object.entries(operations).map(
    ([id, operation]): [string, (...rest: Rest) => ReturnType<Call>] => [
      id,
      (input, callOptions) => call(operation, input, callOptions),
    ],
  );
  // The generated table and the generated methods name the same operations.
  return Object.fromEntries(methods) as unknown as Client;
}

type Rest = Parameters<Call> extends [unknown, ...infer Others] ? Others : never;
