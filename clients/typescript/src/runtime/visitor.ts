import type { Fetch } from "./call.js";
import type { CookieSource } from "./cookies.js";

/** `fetch` with a visitor's cookies, which are dealt with where they are wanted: pages load none of it. */
export function forVisitor(source: CookieSource, setCookies: string[], fetch: Fetch): Fetch {
  let wrapped: Promise<Fetch> | undefined;
  return async (url, init) => {
    wrapped ??= import("./cookies.js").then(({ withCookies }) =>
      withCookies(source, setCookies, fetch),
    );
    return (await wrapped)(url, init);
  };
}
