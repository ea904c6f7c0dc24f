/** A hook for SvelteKit, in `src/hooks.server.ts`: `export const handle = bifrons({ baseUrl })`. */
import type { Client } from "../client.js";
import { clientFor, type ServerOptions } from "./server.js";

/** The part of SvelteKit's `Handle` that the hook uses. */
interface HandleInput<Event> {
  readonly event: Event;
  readonly resolve: (event: Event) => Response | Promise<Response>;
}

interface RequestEvent {
  readonly request: Request;
  readonly locals: { client: Client };
  getClientAddress(): string;
}

/**
 * Puts a client for the visitor into `event.locals.client`. The service's cookies reach the visitor with
 * the response, which no cache may keep.
 */
export function bifrons(
  options: ServerOptions,
): <Event extends RequestEvent>(input: HandleInput<Event>) => Promise<Response> {
  return async ({ event, resolve }) => {
    const setCookies: string[] = [];
    event.locals.client = clientFor(
      event.request.headers,
      { ...options, headers: { "x-forwarded-for": event.getClientAddress(), ...options.headers } },
      (header) => setCookies.push(header),
    );
    const response = await resolve(event);
    for (const cookie of setCookies) response.headers.append("set-cookie", cookie);
    response.headers.set("cache-control", "private, no-store");
    return response;
  };
}
