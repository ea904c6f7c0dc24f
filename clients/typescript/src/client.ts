/// <reference lib="esnext.disposable" preserve="true" />
import { inDevelopment, onNetworkError } from "./development.js";
import type { Diagnosis } from "./diagnose.js";
import type { Methods } from "./generated/methods.js";
import { table } from "./generated/table.js";
import { type ClientOptions, refreshInOf } from "./options.js";
import { ProblemError } from "./problem-error.js";
import { baseOf, type Call, createCall, type Fetch } from "./runtime/call.js";
import { untilDeadline } from "./runtime/deadline.js";
import { callsByMode } from "./runtime/modes.js";
import { forVisitor } from "./runtime/visitor.js";
import type { SessionState, SessionStore } from "./session.js";
import type { OperationId, ProblemOf, Throwing } from "./types.js";

/** One method for each operation of the API, and the session's state. */
export interface Client extends Methods {
  readonly session: SessionStore;
  /** The same operations with exceptions: they resolve to the data, or throw a `ProblemError`. */
  readonly throwing: Throwing;
  /**
   * On a server, with the option `cookies`: the `Set-Cookie` headers to send to the visitor's
   * browser.
   */
  readonly setCookies: readonly string[];
  /** Finds out, from inside a page, why the user is not signed in. */
  diagnose(): Promise<Diagnosis>;
  /** Ends the exchange with other tabs, as at the end of a test. The methods go on working. */
  close(): void;
  [Symbol.dispose](): void;
}

/**
 * Makes a client. In a browser the session is in an `HttpOnly` cookie, which no script can read. With
 * `mode: "token"` the client holds an access token in memory and renews it.
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
export function createClient(options: ClientOptions = {}): Client {
  const { mode = "cookie", token } = options;
  if (mode !== "cookie" && mode !== "token") throw new TypeError('mode is "cookie" or "token"');
  if (options.baseUrl === undefined && typeof location === "undefined") {
    throw new TypeError("outside of a page baseUrl must be given");
  }
  const refreshIn = refreshInOf(options);
  const usesCookies = mode === "token" ? refreshIn === "cookie" : !token;
  const onServer = "cookies" in options;
  if (onServer && mode === "token") {
    // A refresh would replace a cookie that the current response may no longer be able to set.
    throw new TypeError('the option cookies requires mode: "cookie"');
  }
  let diagnosed =
    typeof document === "undefined" || !(options.development ?? inDevelopment()) || onServer;
  const diagnoseOnce = (): void => {
    if (diagnosed) return;
    client.diagnose().then(
      ({ sentence }) => console.warn(sentence),
      () => {},
    );
  };
  // Looked up at the time of the call, because a test or a monitor may replace it.
  const send: Fetch = (url, init) => (options.fetch ?? fetch)(url, init);
  const setCookies: string[] = [];
  const direct = createCall({
    // With the refresh token in the body no cookie is needed, and the client can call a service that
    // allows this origin no credentials (a local page with a remote API).
    ...(mode === "token" && !usesCookies && { credentials: "omit" }),
    ...options,
    fetch: onServer
      ? forVisitor(options.cookies, setCookies, send)
      : onNetworkError(send, diagnoseOnce),
  });
  const { tracker, call, close } = callsByMode(
    { ...options, refreshIn },
    direct,
    table.refreshTokens,
    diagnoseOnce,
  );

  const methods: Record<string, Method> = {};
  const throwing: Record<string, Method> = {};
  for (const [id, operation] of Object.entries(table) as [OperationId, Callable][]) {
    methods[id] = (...rest) => operation(call, ...rest);
    throwing[id] = async (...rest) => {
      const { data, problem, response } = await operation(call, ...rest);
      if (problem) throw new ProblemError(id, problem as ProblemOf<OperationId>, response);
      return data;
    };
  }

  const start = tracker.get();
  const initial = (): unknown => start;
  let loading: Promise<SessionState> | undefined;
  const load: SessionStore["load"] = (deadline = {}) =>
    untilDeadline(deadline, () => {
      loading ??= client
        .getSession()
        .then(client.session.get)
        .finally(() => {
          loading = undefined;
        });
      return loading;
    });
  // The generated functions and the generated methods name the same operations.
  const client = {
    ...methods,
    session: { get: tracker.get, initial, subscribe: tracker.subscribe, load },
    throwing,
    setCookies,
    close,
    // Browsers without `using` do not have the symbol.
    ...(Symbol.dispose && { [Symbol.dispose]: close }),
    diagnose: async () => {
      diagnosed = true;
      // Loaded on first use: pages without a failure never need its sentences.
      const { diagnose } = await import("./diagnose.js");
      return diagnose(client, baseOf(options), usesCookies);
    },
  } as unknown as Client;
  return client;
}

type Callable = (call: Call, ...rest: unknown[]) => ReturnType<Call>;
type Method = (...rest: unknown[]) => Promise<unknown>;
