import type { Fetch } from "./call.js";
import type { CookieSource } from "./cookies.js";

/** `fetch` with a visitor's cookies. The code for cookies is loaded on first use: pages never need it. */
export function forVisitor(source: CookieSource, setCookies: string[], fetch: Fetch): Fetch {
  let wrapped: Promise<Fetch> | undefined;
  return async (url, init) => {
    wrapped ??= import("./cookies.js").then(({ withCookies }) =>
      withCookies(source, setCookies, fetch),
    );
    return (await wrapped)(url, init);
  };
}
