/** Server components, server actions, route handlers and the proxy of Next.js. */
import { cookies, headers } from "next/headers.js";
import type { Client } from "../client.js";
import { clientFor, type ServerOptions } from "./server.js";
import { parseSetCookie } from "./set-cookie.js";

/**
 * A client for the current request. In a server action or a route handler the service's cookies reach
 * the visitor by `cookies()`. A server component can only read: there a cookie is not set.
 */
export async function visitorClient(options: ServerOptions): Promise<Client> {
  const store = await cookies();
  return clientFor(await headers(), options, (header) => {
    try {
      store.set(parseSetCookie(header));
    } catch {
      // A server component.
    }
  });
}
