import { execFile } from "node:child_process";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { type Pages, serve } from "./pages.js";
import { startProgram } from "./program.js";

const run = promisify(execFile);

const EXAMPLE = resolve("../examples/ssr");

let built: Promise<unknown> | undefined;

/** Where the app's visitors are, says the proxy. */
export const VISITOR_ADDRESS = "192.0.2.7";

/** The server-rendered app of the examples, on any host. Hosts named `plain` run no script. */
export interface Ssr extends Pages {
  /** What it answered so far, oldest first: `GET /sign-in 200`. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

/** Builds and starts it as it is deployed: behind a proxy that speaks TLS with the visitors. */
export async function startSsr(api: string): Promise<Ssr> {
  // For all services alike.
  built ??= run(process.execPath, ["node_modules/vite/bin/vite.js", "build"], {
    cwd: EXAMPLE,
    env: {},
  });
  await built;
  let app = "";
  const program = await startProgram(process.execPath, ["build"], {
    cwd: EXAMPLE,
    env: {
      HOST: "127.0.0.1",
      PORT: "0",
      PROTOCOL_HEADER: "x-forwarded-proto",
      HOST_HEADER: "x-forwarded-host",
      ADDRESS_HEADER: "x-forwarded-for",
      // The service by a name that this machine knows.
      API_URL: `https://localhost:${new URL(api).port}`,
      NODE_EXTRA_CA_CERTS: inject("tls").authority,
    },
    ready: "Listening on",
    onLine: (line) => {
      app = /Listening on (\S+)/.exec(line)?.[1] ?? app;
    },
  });
  const log: string[] = [];
  const pages = await serve((asked, answer) => forward(app, asked, answer, log));
  return {
    ...pages,
    log,
    async stop() {
      pages.stop();
      await program.stop();
    },
  };
}

function forward(app: string, asked: IncomingMessage, answer: ServerResponse, log: string[]): void {
  const { method = "GET", url = "/", headers } = asked;
  const { host = "" } = headers;
  const forwarded = {
    "x-forwarded-proto": "https",
    "x-forwarded-host": host,
    "x-forwarded-for": VISITOR_ADDRESS,
  };
  const call = request(app + url, { method, headers: { ...headers, ...forwarded } }, (answered) => {
    const { statusCode = 0 } = answered;
    log.push(`${method} ${url} ${statusCode}`);
    const plain = host.startsWith("plain.") && { "content-security-policy": "script-src 'none'" };
    answer.writeHead(statusCode, { ...answered.headers, ...plain });
    answered.pipe(answer);
  });
  asked.pipe(call);
}
