// A proxy in front of the real service that makes the mistake of each variant: it replaces the service's CORS headers and
// the attributes of its cookies. A page signs in at /login and reads the session at /me, or uses the client with /v1.
import { request as send } from "node:https";
import { create, origin, start } from "./listen.mjs";

const SESSION = "__Host-bifrons_session";
const PROBE = "__Host-bifrons_probe";
const service = new URL(origin);

await start(async (variant) => {
  const names = { [SESSION]: variant.cookie_name, [PROBE]: `${variant.cookie_name}_probe` };
  return create(variant, (request, response) => {
    if (answersItself(variant, request, response)) return;
    const { path, method } = target(request);
    const { connection: _, cookie: __, ...given } = request.headers;
    const cookie = inward(request, names, variant);
    const headers = { ...given, host: service.host, ...(cookie && { cookie }) };
    const options = {
      host: "127.0.0.1",
      port: service.port,
      servername: service.hostname,
      path,
      method,
      headers,
    };
    const asked = send({ ...options, rejectUnauthorized: false, agent: false }, (answer) => {
      for (const [name, value] of Object.entries(answer.headers)) {
        if (name === "set-cookie") {
          // The cookie of a known device is left out.
          const cookies = value.flatMap((cookie) => outward(cookie, names, variant));
          if (cookies.length > 0) response.setHeader(name, cookies);
        } else if (!name.startsWith("access-control-") && !["vary", "connection"].includes(name)) {
          response.setHeader(name, value);
        }
      }
      answer.pipe(response.writeHead(answer.statusCode));
    });
    asked.on("error", () => response.writeHead(502).end());
    request.pipe(asked);
  });
});

/** Preflights and redirects are the proxy's own. */
function answersItself({ cors, redirect }, request, response) {
  const preflight = request.method === "OPTIONS";
  if (preflight && cors?.after_auth) {
    response.writeHead(401).end();
    return true;
  }
  if (cors && !cors.by_hand && (!cors.only_sign_in || request.url === "/login"))
    allow(cors, request, response);
  if (preflight) {
    response.writeHead(204).end();
    return true;
  }
  if (!redirect || request.url === "/me") return false;
  response.writeHead(redirect.status, { location: redirect.to }).end();
  return true;
}

function allow(cors, request, response) {
  const { origin } = request.headers;
  if (cors.origins === "*") response.setHeader("access-control-allow-origin", "*");
  else if (cors.origins.includes(origin)) {
    response.setHeader("access-control-allow-origin", cors.twice ? [origin, origin] : origin);
    if (cors.credentials) {
      response.setHeader(
        "access-control-allow-credentials",
        cors.twice ? ["true", "true"] : "true",
      );
    }
    response.setHeader("vary", "Origin");
  }
  response.setHeader("access-control-allow-headers", cors.headers.join(", "));
  response.setHeader("access-control-allow-methods", cors.methods.join(", "));
}

function target({ url, method }) {
  if (url === "/login") return { path: "/v1/session", method: "POST" };
  if (url === "/me") return { path: "/v1/session", method: "GET" };
  return { path: url, method };
}

/** The cookies of a request, under the service's names. */
function inward({ headers }, names, { padding }) {
  const own = Object.fromEntries(
    Object.entries(names).map(([inside, outside]) => [outside, inside]),
  );
  const pairs = (headers.cookie ?? "").split("; ").flatMap((pair) => {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    return own[name] ? [`${own[name]}=${padding ? value.slice(0, -padding) : value}`] : [];
  });
  return pairs.join("; ");
}

/** A cookie of the service, with the name and the attributes of the variant. */
function outward(header, names, { cookie, deleted, padding, folded }) {
  const [, inside = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
  const name = names[inside];
  // A sign-in also deletes what an earlier configuration may have left.
  if (!name || value === "") return [];
  const set = [
    `${name}=${value}${"x".repeat(padding)}`,
    `Path=${cookie.path}`,
    `Max-Age=${cookie.max_age}`,
    ...(cookie.http_only ? ["HttpOnly"] : []),
    ...(cookie.secure ? ["Secure"] : []),
    ...(cookie.partitioned ? ["Partitioned"] : []),
    ...(cookie.same_site ? [`SameSite=${cookie.same_site}`] : []),
    ...(cookie.domain ? [`Domain=${cookie.domain}`] : []),
  ].join("; ");
  const first = folded ? `theme=dark; Path=/; Secure, ${set}` : set;
  return deleted ? [first, `${name}=; Path=/; Secure; Max-Age=0`] : [first];
}
