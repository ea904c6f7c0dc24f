import { Refusal } from "./answers.js";
import type { Store, StoredSession } from "./store.js";

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

  /** The live session of the request. */
  session(): StoredSession {
    const authorization = this.#request.headers.get("authorization");
    if (authorization !== null) {
      const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
      if (token === undefined) throw new Refusal("unsupported_authorization");
      return found(this.#store.find(token), "invalid_token");
    }
    const cookie = this.cookies.session;
    if (cookie === undefined) throw new Refusal("unauthenticated");
    return found(this.#store.find(cookie), "invalid_session");
  }

  /** Ends every session whose credential came with the request. */
  leave(): void {
    const [, token = ""] = this.#request.headers.get("authorization")?.split(/ +/) ?? [];
    const { session = "", refresh = "" } = this.cookies;
    for (const secret of [token, session, refresh]) {
      const owner = this.#store.ownerOf(secret);
      if (owner !== undefined) owner.isOver = true;
    }
  }
}

function found(
  session: StoredSession | undefined,
  otherwise: "invalid_token" | "invalid_session",
): StoredSession {
  if (session === undefined) throw new Refusal(otherwise);
  return session;
}
