import { type Answer, readAnswer } from "./answer.js";
import { type Deadline, untilDeadline } from "./deadline.js";
import type { FlatInput, Operation } from "./operation.js";
import type { ProblemShape } from "./problem.js";
import { target } from "./target.js";

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** An access token, or a function that the client calls before each call that can use one. */
export type Token = string | (() => string | undefined | Promise<string | undefined>);

/** How a client reaches the API. */
export interface CallSettings {
  /**
   * Where the service is: `https://auth.example.org`. A path is kept, and `/v1` at its end is ignored. In
   * a page a path alone, or nothing, means the page's own origin.
   */
  readonly baseUrl?: string | undefined;
  /** Used instead of the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The default for {@link CallOptions.timeout}. */
  readonly timeout?: number | undefined;
  /**
   * Whether the browser stores and sends cookies. A page on another origin needs `"include"`, the
   * default, on signing in too: without it the browser silently discards the session cookie. With
   * `refreshIn: "body"` there is no cookie, and the default is `"omit"`.
   */
  readonly credentials?: "include" | "same-origin" | "omit" | undefined;
}

/** What can be said for one call. */
export interface CallOptions extends Deadline {
  /** Sent with this call. Overrides the client's headers and its token. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The same with the caller's own token. */
export interface CallTarget extends CallSettings {
  readonly token?: Token | undefined;
}

/** Calls one operation. */
export type Call = (
  operation: Operation,
  input?: FlatInput,
  options?: CallOptions,
) => Promise<Answer<unknown, ProblemShape>>;

/** Makes the one function that calls every operation. */
export function createCall(client: CallTarget): Call {
  const base = baseOf(client);
  const { fetch: givenFetch, token, credentials = "include" } = client;

  return async (operation, input = {}, { headers, signal, timeout = client.timeout } = {}) => {
    const { path, body } = target(operation, input);
    return untilDeadline({ signal, timeout }, async (deadline) => {
      const bearer = operation.bearer && (typeof token === "function" ? await token() : token);
      // Redirects are not followed: the next host would receive the password or the token.
      // "manual" and not "error", so that the caller learns the reason.
      const response = await (givenFetch ?? fetch)(`${base}${path}`, {
        method: operation.method,
        headers: merge(
          { accept: "application/json, application/problem+json" },
          body && { "content-type": "application/json" },
          client.headers,
          bearer && { authorization: `Bearer ${bearer}` },
          headers,
        ),
        body: body as string,
        credentials,
        // The browser finishes a change after the user leaves the page: a lost Set-Cookie would lose the
        // session. Browsers refuse keepalive for more than 64 KiB; a UTF-16 unit is three bytes at most.
        keepalive: operation.method !== "GET" && !((body as string)?.length > 20_000),
        redirect: "manual",
        signal: deadline,
      });
      return readAnswer(operation, response);
    });
  };
}

/** The base URL without what operations add to it. */
export function baseOf({ baseUrl = "" }: Pick<CallSettings, "baseUrl">): string {
  // A page has an origin of its own.
  if (/[?#]/.test(baseUrl) || !(baseUrl || globalThis.location)) {
    throw new TypeError("baseUrl is missing, or has a query or fragment");
  }
  return baseUrl.replace(/(\/v1)?\/*$/, "");
}

/** Later headers override earlier ones; the case of names does not matter. */
function merge(
  ...sources: (Readonly<Record<string, string>> | string | undefined)[]
): Record<string, string> {
  const merged = new Headers();
  for (const source of sources) {
    for (const [name, value] of Object.entries(source || {})) merged.set(name, value);
  }
  return Object.fromEntries(merged);
}
