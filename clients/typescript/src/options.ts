import type { Session } from "./generated/models.js";
import type { CallSettings, Token } from "./runtime/call.js";
import type { CookieSource } from "./runtime/cookies.js";
import type { TokenStorage } from "./runtime/storage.js";

interface Common extends CallSettings {
  /**
   * Whether the client explains failures on the console of a page, and says when the service is too new
   * for it. By default unless the bundler or the runtime sets `NODE_ENV` to `production`.
   */
  readonly development?: boolean | undefined;
  /**
   * The session that is already known, as in a page that a server rendered, or `null` if the user is
   * not signed in.
   */
  readonly session?: Session | null | undefined;
}

/** The session is in an `HttpOnly` cookie, or the caller supplies a token. */
export interface CookieMode extends Common {
  readonly mode?: "cookie" | undefined;
  /**
   * The caller's own access token. Sent as `Authorization: Bearer …` to the operations that read one,
   * and to no other: a function may therefore call `refreshTokens` of the same client.
   */
  readonly token?: Token | undefined;
  /**
   * On a server: the request that is being answered, its headers, or its `Cookie` header. The client
   * sends the service's cookies in it, and no others, with every call, and collects what the service
   * sets in `setCookies`. Such a client belongs to that one request.
   */
  readonly cookies?: CookieSource;
  readonly refreshIn?: undefined;
  readonly storage?: undefined;
}

/** The client holds tokens: the access token in memory, renewed before it expires. */
export interface TokenMode extends Common {
  readonly mode: "token";
  /**
   * How the refresh token travels: in an `HttpOnly` cookie, the default in pages of websites without a
   * `storage`, or in the body, the default elsewhere.
   */
  readonly refreshIn?: "cookie" | "body" | undefined;
  /** With `refreshIn: "body"`: where the client keeps the refresh token, instead of in memory. */
  readonly storage?: TokenStorage | undefined;
  readonly token?: undefined;
  readonly cookies?: never;
}

export type ClientOptions = CookieMode | TokenMode;

/** How the refresh token of these options travels. */
export function refreshInOf({ refreshIn, storage }: ClientOptions): "cookie" | "body" {
  // The pages of native apps and extensions have other schemes, and no cookies at the service.
  const site =
    typeof document !== "undefined" && /^http/.test(globalThis.location?.protocol ?? "http");
  return refreshIn ?? (storage || !site ? "body" : "cookie");
}
