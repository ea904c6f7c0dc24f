import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import type { Client } from "../../src/index.js";

declare global {
  /** The client that the page made. */
  var client: Client;
}

/** A web page of another origin than the service, with the built client in it. */
export interface Site {
  readonly origin: string;
  stop(): void;
}

/**
 * Serves the page on a port of its own. Its client calls the service named in the page's query; under
 * `/elsewhere` every request is redirected to the service.
 */
export async function serveSite(): Promise<Site> {
  const { outputFiles } = await build({
    entryPoints: ["dist/index.js"],
    bundle: true,
    format: "esm",
    write: false,
  });
  const script = outputFiles[0]?.text ?? "";
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/client.js") {
      response.setHeader("content-type", "text/javascript; charset=utf-8").end(script);
    } else if (pathname.startsWith("/elsewhere")) {
      response.writeHead(307, { location: pathname.slice("/elsewhere".length) }).end();
    } else {
      const service = JSON.stringify(searchParams.get("service"));
      response.setHeader("content-type", "text/html; charset=utf-8").end(page(service));
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://localhost:${port}`, stop };
}

const page = (service: string): string => `<!doctype html>
<title>A page</title>
<link rel="icon" href="data:,">
<script type="module">
  import { createClient } from "/client.js";
  globalThis.client = createClient({ baseUrl: ${service} });
</script>`;
