/// <reference lib="esnext.disposable" preserve="true" />
import { inDevelopment, noticeVersion, onNetworkError } from "./development.js";
import type { Diagnosis } from "./diagnose.js";
import type { Methods } from "./generated/methods.js";
import { SERVICE_VERSION, table } from "./generated/table.js";
import { methodsOf } from "./methods.js";
import { type ClientOptions, refreshInOf } from "./options.js";
import type { Passkeys } from "./passkeys.js";
import type { AccessTokens } from "./runtime/access-tokens.js";
import { baseOf, type Call, createCall, type Fetch } from "./runtime/call.js";
import { callsByMode } from "./runtime/modes.js";
import { forVisitor } from "./runtime/visitor.js";
import { createStore, type SessionStore } from "./session.js";
import type { Input, Throwing } from "./types.js";

/** One method for each operation of the API, and the session's state. */
export interface Client extends Methods {
  readonly session: SessionStore;
  /** The same operations with exceptions: they resolve to the data, or throw a `ProblemError`. */
  readonly throwing: Throwing;
  /**
   * A valid access token for another service: an audience that the configuration lists, by default the
   * first. The client caches the token and renews it. Rejects with a `ProblemError`, such as `unauthenticated`.
   */
  getAccessToken(target?: { readonly audience?: string | undefined }): Promise<string>;
  /**
   * On a server, with the option `cookies`: the `Set-Cookie` headers to send to the visitor's
   * browser.
   */
  readonly setCookies: readonly string[];
  /** Calls any operation in the client's mode, as `@bifrons/client/admin` does. */
  readonly call: Call;
  /** Passkeys in a page: what the browser and the service have to do for them, in one call each. */
  readonly passkeys: Passkeys;
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
  const onServer = "cookies" in options;
  // A refresh on a server would replace a cookie that the current response may no longer be able to set.
  if (mode !== "cookie" && (mode !== "token" || onServer)) {
    throw new TypeError('mode is "cookie" or, without cookies, "token"');
  }
  const refreshIn = refreshInOf(options);
  const usesCookies = mode === "token" ? refreshIn === "cookie" : !token;
  const explains = options.development ?? inDevelopment();
  let diagnosed = typeof document === "undefined" || !explains || onServer;
  const diagnoseOnce = (): void => {
    if (diagnosed) return;
    client.diagnose().then(
      ({ sentence }) => console.warn(sentence),
      () => {},
    );
  };
  const send: Fetch = async (url, init) => {
    // Looked up at the time of the call, because a test or a monitor may replace it.
    const response = await (options.fetch ?? fetch)(url, init);
    if (explains) noticeVersion(response.headers.get("bifrons-version"), SERVICE_VERSION);
    return response;
  };
  const setCookies: string[] = [];
  let accessTokens: Promise<AccessTokens> | undefined;
  let passkeys: Promise<Passkeys> | undefined;
  const direct = createCall({
    // With the refresh token in the body no cookie is needed, and the client can call a service that
    // allows this origin no credentials (a local page with a remote API).
    ...(mode === "token" && !usesCookies && { credentials: "omit" }),
    ...options,
    fetch: onServer
      ? forVisitor(options.cookies, setCookies, send)
      : onNetworkError(send, diagnoseOnce),
  });
  const { tracker, call, close } = callsByMode({ ...options, refreshIn }, direct, {
    refresh: table.refreshTokens,
    lost: diagnoseOnce,
    returned: () => session.load().catch(() => {}),
  });
  const session = createStore(tracker, () => client.throwing.getSession());

  // The generated functions and the generated methods name the same operations.
  const client = {
    ...methodsOf(table, call),
    session,
    call,
    getAccessToken: async (target: Input<"mintAccessToken"> = {}) => {
      accessTokens ??= import("./runtime/access-tokens.js").then(({ createAccessTokens }) =>
        createAccessTokens(client.throwing.mintAccessToken, tracker.epoch),
      );
      return (await accessTokens)(target);
    },
    // Loaded on first use: most pages show no passkey.
    passkeys: Object.fromEntries(
      PASSKEY_CALLS.map((name) => [
        name,
        async (...rest: never[]) => {
          passkeys ??= import("./passkeys.js").then(({ createPasskeys }) => createPasskeys(client));
          return ((await passkeys)[name] as (...rest: never[]) => unknown)(...rest);
        },
      ]),
    ),
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

const PASSKEY_CALLS = ["register", "signIn", "completeSignIn", "reauthenticate"] as const;
