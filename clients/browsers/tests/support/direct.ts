import { readFileSync } from "node:fs";
import { request } from "node:https";
import { inject } from "vitest";
import { type Client, createClient, type Fetch } from "../../../typescript/src/index.js";
import type { Person } from "./people.js";

/** A client outside of browsers. Without a token it is never signed in: it stores no cookies. */
export function direct(origin: string, token?: string): Client {
  return createClient({ baseUrl: origin, token, fetch: fetchLocally });
}

/** A client outside of browsers that is signed in, in token mode. */
export async function signedIn(origin: string, who: Person): Promise<Client> {
  const client = createClient({ baseUrl: origin, mode: "token", fetch: fetchLocally });
  await client.throwing.signIn(who);
  return client;
}

/** `fetch` that knows where the made-up names are, and whom to trust. */
export const fetchLocally: Fetch = (url, { method = "GET", headers, body }) =>
  new Promise((done, fail) => {
    const { hostname, port, pathname, search } = new URL(url);
    const options = {
      host: "127.0.0.1",
      port,
      servername: hostname,
      ca: readFileSync(inject("tls").authority),
      path: pathname + search,
      method,
      headers: { ...Object.fromEntries(new Headers(headers)), host: `${hostname}:${port}` },
      agent: false,
    };
    const sending = request(options, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => {
        const status = answer.statusCode ?? 0;
        const read = new Headers();
        for (let at = 0; at < answer.rawHeaders.length; at += 2) {
          read.append(answer.rawHeaders[at] ?? "", answer.rawHeaders[at + 1] ?? "");
        }
        const text = status === 204 ? null : Buffer.concat(parts);
        done(new Response(text, { status, headers: read }));
      });
    });
    sending.on("error", fail);
    sending.end(body);
  });
