import { Refusal } from "./answers.js";
import type { Store, StoredSession } from "./store.js";

const BEARER = /^bearer(?: |$)/i;

/** The cookies that the handlers keep in place of the browser, which would keep their `HttpOnly` from scripts. */
export interface Cookies {
  session?: string;
  refresh?: string;
}

/** Who sends a request. */
export class Visitor {
  readonly #store: Store;
  readonly #cookies: Cookies;
  readonly #request: Request;

  constructor(store: Store, cookies: Cookies, request: Request) {
    this.#store = store;
    this.#cookies = cookies;
    this.#request = request;
  }

  /** The cookies, if the browser sends and stores them with this request. */
  get cookies(): Cookies {
    const { credentials, url } = this.#request;
    const page = (globalThis as { location?: { origin: string } }).location?.origin;
    const isSent =
      credentials === "include" ||
      (credentials === "same-origin" && (page === undefined || page === new URL(url).origin));
    return isSent ? this.#cookies : {};
  }

  /** The origin of the service. */
  get origin(): string {
    return new URL(this.#request.url).origin;
  }

  /** The live session of the request. */
  session(): StoredSession {
    const authorization = this.#request.headers.get("authorization");
    if (authorization !== null) {
      if (!BEARER.test(authorization)) throw new Refusal("unsupported_authorization");
      return found(this.#store.find("access token", this.#bearer), "invalid_token");
    }
    const cookie = this.cookies.session;
    if (cookie === undefined) throw new Refusal("unauthenticated");
    return found(this.#store.find("session cookie", cookie), "invalid_session");
  }

  /** Ends every session whose credential came with the request. */
  leave(): void {
    const { session = "", refresh = "" } = this.cookies;
    this.#store.end(["access token", "refresh token"], this.#bearer);
    this.#store.end(["session cookie"], session);
    this.#store.end(["refresh token"], refresh);
  }

  /** The token of the `Authorization` header. */
  get #bearer(): string {
    return this.#request.headers.get("authorization")?.replace(BEARER, "").trim() ?? "";
  }
}

function found(
  session: StoredSession | undefined,
  otherwise: "invalid_token" | "invalid_session",
): StoredSession {
  if (session === undefined) throw new Refusal(otherwise);
  return session;
}
