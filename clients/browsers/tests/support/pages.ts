import { readFileSync } from "node:fs";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { inject } from "vitest";
import { clientScript } from "./bundle.js";
import { listen } from "./ports.js";

/** A server for frontends of any host name. */
export interface Pages {
  /** The origin of the frontend with this host. */
  at(host: string): string;
  /** The origin of the frontend as a developer has it, on plain http. */
  readonly local: string;
  stop(): void;
}

/** Serves the same on every host. */
export async function serve(answer: RequestListener): Promise<Pages> {
  const { cert, key } = inject("tls");
  const named = createHttps({ cert: readFileSync(cert), key: readFileSync(key) }, answer);
  const here = createHttp(answer);
  const port = await listen(named);
  const local = `http://localhost:${await listen(here)}`;
  return {
    at: (host) => `https://${host}:${port}`,
    local,
    stop() {
      for (const server of [named, here]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** Serves the same page for all paths, with the client in it. */
export async function servePages(): Promise<Pages> {
  const script = await clientScript();
  return serve(({ url }, response) => {
    if (url === "/client.js") {
      response.setHeader("content-type", "text/javascript; charset=utf-8").end(script);
    } else {
      response.setHeader("content-type", "text/html; charset=utf-8").end(PAGE);
    }
  });
}

const PAGE = `<!doctype html>
<title>A page</title>
<link rel="icon" href="data:,">
<script src="/client.js"></script>
<p>A page`;
