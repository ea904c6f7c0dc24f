// Serves one API for each variant, each on a port of its own, and logs every call: the log is the judge.
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";

export const { tls, variants } = JSON.parse(readFileSync(process.argv[2], "utf8"));

const certificate = { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };

/** Wraps a handler so that it logs, and creates the server for it. */
export function create(variant, handler, { plain = false } = {}) {
  const logged = (request, response) => {
    log(variant.port, request);
    handler(request, response);
  };
  return plain ? createHttp(logged) : createHttps(certificate, logged);
}

export function log(port, { method, url, headers }) {
  const cookies = (headers.cookie ?? "").split("; ").map((pair) => pair.split("=")[0]);
  console.log(JSON.stringify({ port, method, path: url.split("?")[0], cookies }));
}

/** Runs the code of a remedy with these names in scope. */
export function apply(code, scope) {
  const AsyncFunction = (async () => {}).constructor;
  return new AsyncFunction(...Object.keys(scope), code)(...Object.values(scope));
}

export const env = { env: { SESSION_SECRET: "a secret of at least thirty-two characters" } };

export async function start(build) {
  for (const variant of variants) {
    const server = await build(variant);
    if (server) await new Promise((done) => server.listen(variant.port, "127.0.0.1", done));
  }
  console.log("ready");
}
