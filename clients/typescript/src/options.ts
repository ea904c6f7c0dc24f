import type { Session } from "./generated/models.js";
import type { CallSettings, Token } from "./runtime/call.js";
import type { CookieSource } from "./runtime/cookies.js";
import type { TokenStorage } from "./runtime/storage.js";

interface Common extends CallSettings {
  /**
   * Whether what goes wrong in a page is explained on the console. By default where the bundler, or
   * the runtime, says that this is not production.
   */
  readonly development?: boolean | undefined;
  /**
   * What is known of the session already, as of a page that was rendered on the server: the session,
   * or `null` if nobody is signed in.
   */
  readonly session?: Session | null | undefined;
}

/** The session lives in an `HttpOnly` cookie, or whoever makes the client brings a token. */
export interface CookieFace extends Common {
  readonly face?: "cookie" | undefined;
  /**
   * The access token, for programs without cookies. It is sent as `Authorization: Bearer …` to the
   * operations that read one, and to no other: a function may therefore call `refreshTokens` of the
   * same client.
   */
  readonly token?: Token | undefined;
  /**
   * On a server: the request that is being answered, its headers, or its `Cookie` header. The
   * service's cookies in it, and no others, are sent with every call; what the service sets comes
   * back in `setCookies`. Such a client belongs to that one request.
   */
  readonly cookies?: CookieSource;
  readonly refreshIn?: undefined;
  readonly storage?: undefined;
}

/** The client keeps tokens: the access token in memory, renewed in time. */
export interface BearerFace extends Common {
  readonly face: "bearer";
  /**
   * Where the refresh token travels: in an `HttpOnly` cookie, which is for pages, or in the body,
   * which is for native apps.
   */
  readonly refreshIn: "cookie" | "body";
  /** With `refreshIn: "body"`: where the refresh token is kept, instead of in memory. */
  readonly storage?: TokenStorage | undefined;
  readonly token?: undefined;
  readonly cookies?: never;
}

/** What a client is made of. */
export type ClientOptions = CookieFace | BearerFace;
