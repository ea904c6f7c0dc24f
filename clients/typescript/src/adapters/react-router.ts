/** A middleware for React Router: `export const middleware = [bifrons({ baseUrl })]` in `app/root.tsx`. */
import { createContext, type MiddlewareFunction, type RouterContext } from "react-router";
import type { Client } from "../client.js";
import { clientFor, type ServerOptions } from "./server.js";

/** The visitor's client, in loaders and actions: `context.get(visitorClient)`. */
export const visitorClient: RouterContext<Client> = createContext<Client>();

/**
 * Makes a client for each request. The service's cookies reach the visitor with the response, which no
 * cache may keep.
 */
export function bifrons(options: ServerOptions): MiddlewareFunction<Response> {
  return async ({ request, context }, next) => {
    const setCookies: string[] = [];
    const client = clientFor(request.headers, options, (header) => setCookies.push(header));
    context.set(visitorClient, client);
    const response = await next();
    for (const cookie of setCookies) response.headers.append("set-cookie", cookie);
    response.headers.set("cache-control", "private, no-store");
    return response;
  };
}
