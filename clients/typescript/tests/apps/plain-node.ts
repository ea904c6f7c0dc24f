import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createClient } from "../../src/index.js";
import type { App } from "./app.js";

/** Node's own server, without any framework. */
export async function startPlainNode(baseUrl: string): Promise<App> {
  const server = createServer((request, response) => answer(baseUrl, request, response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    fetch,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(
  baseUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const client = createClient({ baseUrl, cookies: request });
  if (request.method === "POST") {
    if (request.headers["sec-fetch-site"] !== "same-origin") {
      response.writeHead(403).end();
      return;
    }
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    await client.signIn(form as { email: string; password: string });
  }
  if (request.method === "DELETE") await client.signOut();
  // Asked with the cookies of a moment ago.
  const { status, user } = await client.session.load();
  response.setHeader("set-cookie", client.setCookies);
  response.end(`<main>${user?.email ?? status}</main>`);
}
