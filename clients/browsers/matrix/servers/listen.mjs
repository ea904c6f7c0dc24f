// Serves one API for each variant, each on a port of its own, and logs every call: the log is the judge.
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";

export const { kind, tls, variants, origin } = JSON.parse(readFileSync(process.argv[2], "utf8"));

const certificate = { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };

/** Wraps a handler so that it logs, and creates the server for it. */
export function create(variant, handler, { plain = false } = {}) {
  const logged = (request, response) => {
    log(variant.port, request);
    if (variant.cors?.by_hand && !variant.snippets.cors && byHand(variant.cors, request, response))
      return;
    handler(request, response);
  };
  return plain ? createHttp(logged) : createHttps(certificate, logged);
}

/** CORS as many write it themselves. Tells whether it answered. */
function byHand(cors, { method, headers }, response) {
  if (!cors.origins.includes(headers.origin)) return false;
  response.setHeader("access-control-allow-origin", headers.origin);
  response.setHeader("access-control-allow-credentials", "true");
  if (method !== "OPTIONS") return false;
  response.setHeader("access-control-allow-headers", cors.headers.join(", "));
  response.setHeader("access-control-allow-methods", cors.methods.join(", "));
  response.writeHead(204).end();
  return true;
}

/** The session's cookie behind another one, as a proxy leaves them that joins headers with commas. */
export const folded = (name, id) =>
  `theme=dark; Path=/; Secure, ${name}=${id}; Path=/; HttpOnly; Secure; SameSite=Lax`;

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
