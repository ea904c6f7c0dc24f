import { type Client, createClient } from "../client.js";
import type { CookieMode } from "../options.js";
import type { Fetch } from "../runtime/call.js";
import { ownSetCookies } from "../runtime/cookies.js";

/** The options of a client on a server, without those that the request gives. */
export type ServerOptions = Omit<CookieMode, "cookies" | "token" | "session" | "mode">;

/** The headers by which the service knows the visitor instead of this server. */
const VISITOR = ["x-forwarded-for", "user-agent"];

/**
 * A client for one visitor's request, which tells the service the visitor's address and user agent.
 * Calls `set` with each `Set-Cookie` header for the visitor, before the call resolves.
 */
export function clientFor(
  request: Pick<Headers, "get">,
  { fetch: given, headers, ...options }: ServerOptions,
  set: (header: string) => unknown,
): Client {
  const send: Fetch = async (url, init) => {
    const response = await (given ?? fetch)(url, init);
    for (const header of ownSetCookies(response.headers)) await set(header);
    return response;
  };
  const visitor = VISITOR.flatMap((name) => {
    const value = request.get(name);
    return value ? [[name, value] as const] : [];
  });
  return createClient({
    ...options,
    fetch: send,
    headers: { ...Object.fromEntries(visitor), ...headers },
    cookies: request.get("cookie"),
  });
}
