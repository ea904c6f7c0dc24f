import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import type { AdminClient } from "../../src/admin/index.js";
import type { Client, ClientOptions } from "../../src/index.js";

declare global {
  /** The client that the page made, and the admin client of it. */
  var client: Client;
  var admin: AdminClient;
}

/** A web page of another origin than the service, with the built client in it. */
export interface Site {
  readonly origin: string;
  stop(): void;
}

/**
 * Serves the page on a port of its own. Its client calls the service named in the page's query, with
 * the options named there; under `/elsewhere` every request is redirected to the service.
 */
export async function serveSite(): Promise<Site> {
  // Split as web bundlers do: the parts that the client loads on first use are files of their own.
  const { outputFiles } = await build({
    entryPoints: { client: "dist/index.js", admin: "dist/admin/index.js" },
    bundle: true,
    splitting: true,
    outdir: "/",
    format: "esm",
    write: false,
  });
  const scripts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const script = scripts.get(pathname);
    if (script !== undefined) {
      response
        .setHeader("content-type", "text/javascript; charset=utf-8")
        // A sandboxed frame loads modules across origins, too.
        .setHeader("access-control-allow-origin", "*")
        .end(script);
    } else if (pathname.startsWith("/elsewhere")) {
      response.writeHead(307, { location: pathname.slice("/elsewhere".length) }).end();
    } else {
      const baseUrl = searchParams.get("service");
      const options = JSON.parse(searchParams.get("options") ?? "{}") as object;
      const settings = JSON.stringify({ baseUrl, ...options });
      response.setHeader("content-type", "text/html; charset=utf-8").end(page(settings));
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

const page = (options: string): string => `<!doctype html>
<title>A page</title>
<link rel="icon" href="data:,">
<script type="module">
  import { createAdminClient } from "/admin.js";
  import { createClient } from "/client.js";
  globalThis.client = createClient(${options});
  globalThis.admin = createAdminClient(client);
  // For a frame whose page the test cannot reach into.
  if (location.search.includes("report=1")) {
    client.diagnose().then(({ verdict }) => parent.postMessage(verdict, "*"));
  }
</script>`;

/** Where the page is that has a client for that service. */
export function addressOf(
  site: Site,
  baseUrl: string,
  options: Partial<ClientOptions> = {},
): string {
  const query = new URLSearchParams({ service: baseUrl, options: JSON.stringify(options) });
  return `${site.origin}/?${query}`;
}

/** Opens the page, with a client for that service. */
export async function visit(
  page: Page,
  site: Site,
  baseUrl: string,
  options: Partial<ClientOptions> = {},
): Promise<void> {
  await page.goto(addressOf(site, baseUrl, options));
  await page.waitForFunction(() => "client" in globalThis);
}
