import { inDevelopment, listenIn } from "./development.js";
import type { Diagnosis } from "./diagnose.js";
import type { Methods } from "./generated/methods.js";
import { table } from "./generated/table.js";
import { meanings } from "./meanings.js";
import type { ClientOptions } from "./options.js";
import { ProblemError } from "./problem-error.js";
import { type Call, createCall, type Fetch } from "./runtime/call.js";
import { trackedCalls } from "./runtime/tracked.js";
import { forVisitor } from "./runtime/visitor.js";
import type { SessionState, SessionStore } from "./session.js";
import type { OperationId, ProblemOf, Throwing } from "./types.js";

/** One method an operation of the API, and what is known about the session. */
export interface Client extends Methods {
  readonly session: SessionStore;
  /** The same operations for those who prefer exceptions: data, or a thrown `ProblemError`. */
  readonly throwing: Throwing;
  /**
   * On a server, with the option `cookies`: the `Set-Cookie` headers that the visitor's browser has
   * to be given.
   */
  readonly setCookies: readonly string[];
  /** Finds out, from inside a page, why nobody is signed in. It says so in words, too. */
  diagnose(): Promise<Diagnosis>;
}

/**
 * Makes a client. In a browser the session lives in an `HttpOnly` cookie, which no script can read;
 * with `face: "bearer"` the client keeps an access token in memory and renews it.
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
  const onServer = "cookies" in options;
  if (onServer && options.face === "bearer") {
    // A refresh would replace a cookie that the answer under way may no longer be able to set.
    throw new TypeError("cookies go with the cookie face only");
  }
  let explained =
    typeof document === "undefined" || !(options.development ?? inDevelopment()) || onServer;
  const explain = (): void => {
    if (explained) return;
    client.diagnose().then(
      ({ sentence }) => console.warn(sentence),
      () => {},
    );
  };
  // Looked up at the time of the call, as others may have put theirs in its place.
  const asked: Fetch = (url, init) => (options.fetch ?? fetch)(url, init);
  const setCookies: string[] = [];
  const direct = createCall({
    // With the refresh token in the body no cookie is needed, and a service that allows no
    // credentials (a local page against a remote API) can be called.
    ...(options.refreshIn === "body" && { credentials: "omit" }),
    ...options,
    fetch: onServer ? forVisitor(options.cookies, setCookies, asked) : listenIn(asked, explain),
  });
  const { tracker, callAs } = trackedCalls(options, direct, table.refreshTokens, explain);

  const methods: Record<string, Method> = {};
  const throwing: Record<string, Method> = {};
  for (const [id, operation] of Object.entries(table) as [OperationId, Callable][]) {
    const call = callAs(meanings[id]);
    methods[id] = (...rest) => operation(call, ...rest);
    throwing[id] = async (...rest) => {
      const { data, problem, response } = await operation(call, ...rest);
      if (problem) throw new ProblemError(id, problem as ProblemOf<OperationId>, response);
      return data;
    };
  }

  let loading: Promise<SessionState> | undefined;
  const load: SessionStore["load"] = (callOptions) => {
    loading ??= client
      .getSession({}, callOptions)
      .then(() => client.session.get())
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };
  // The generated functions and the generated methods name the same operations.
  const client = {
    ...methods,
    session: { get: tracker.get, subscribe: tracker.subscribe, load },
    throwing,
    setCookies,
    diagnose: async () => {
      explained = true;
      // Loaded when it is wanted, so that pages where all is well do without its sentences.
      const { diagnose } = await import("./diagnose.js");
      return diagnose(client, options.baseUrl, !options.token && options.refreshIn !== "body");
    },
  } as unknown as Client;
  return client;
}

type Callable = (call: Call, ...rest: unknown[]) => ReturnType<Call>;
type Method = (...rest: unknown[]) => Promise<unknown>;
