/** Event handlers of Nuxt, and of other servers that h3 answers for. */
import type { Client } from "../client.js";
import { clientFor, type ServerOptions } from "./server.js";

/** The part of the event that the helper uses, in the first edition of h3 (Nuxt 3 and 4). */
interface NodeEvent {
  readonly headers: Headers;
  readonly node: {
    readonly res: {
      getHeader(name: string): number | string | string[] | undefined;
      setHeader(name: string, value: string[]): unknown;
    };
  };
}

/** The same in the second edition. */
interface WebEvent {
  readonly req: { readonly headers: Headers };
  readonly res: { readonly headers: Headers };
}

/** A client for the current request. The service's cookies reach the visitor with the response. */
export function visitorClient(event: NodeEvent | WebEvent, options: ServerOptions): Client {
  // Not by `"res" in event`: in the first edition that is Node's response.
  if (typeof (event as WebEvent).res?.headers?.append === "function") {
    const { req, res } = event as WebEvent;
    return clientFor(req.headers, options, (cookie) => res.headers.append("set-cookie", cookie));
  }
  const { headers, node } = event as NodeEvent;
  return clientFor(headers, options, (cookie) => {
    const others = node.res.getHeader("set-cookie") ?? [];
    node.res.setHeader("set-cookie", [others, cookie].flat().map(String));
  });
}
