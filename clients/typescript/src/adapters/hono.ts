/** A middleware for Hono: `app.use(bifrons({ baseUrl }))`, then `context.get("bifrons")`. */
import type { MiddlewareHandler } from "hono";
import type { Client } from "../client.js";
import { clientFor, type ServerOptions } from "./server.js";

/** The variable that the middleware sets. */
export interface BifronsVariables {
  bifrons: Client;
}

/** Makes a client for each request. The service's cookies reach the visitor with the response. */
export function bifrons(
  options: ServerOptions,
): MiddlewareHandler<{ Variables: BifronsVariables }> {
  return async (context, next) => {
    const setCookies: string[] = [];
    const client = clientFor(context.req.raw.headers, options, (header) => setCookies.push(header));
    context.set("bifrons", client);
    await next();
    for (const cookie of setCookies) context.header("set-cookie", cookie, { append: true });
  };
}
