import { readFileSync } from "node:fs";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { inject } from "vitest";
import { clientScript } from "./bundle.js";
import { listen } from "./ports.js";

/** A server for the frontends, whatever their names: each has the same page, with the client in it. */
export interface Pages {
  /** The origin of the page with this host. */
  at(host: string): string;
  /** The origin of the page as a developer has it, on plain http. */
  readonly local: string;
  stop(): void;
}

export async function servePages(): Promise<Pages> {
  const { cert, key } = inject("tls");
  const script = await clientScript();
  const tls = { cert: readFileSync(cert), key: readFileSync(key) };
  const answer: RequestListener = ({ url }, response) => {
    if (url === "/client.js") {
      response.setHeader("content-type", "text/javascript; charset=utf-8").end(script);
    } else {
      response.setHeader("content-type", "text/html; charset=utf-8").end(PAGE);
    }
  };
  const named = createHttps(tls, answer);
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

const PAGE = `<!doctype html>
<title>A page</title>
<link rel="icon" href="data:,">
<script src="/client.js"></script>
<p>A page`;
