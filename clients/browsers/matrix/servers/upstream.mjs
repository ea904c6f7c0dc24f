// An application behind nginx: it sets the cookie of each variant, and knows nothing of CORS.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const { variants } = JSON.parse(readFileSync(process.argv[2], "utf8"));

for (const variant of variants) {
  const { cookie, cookie_name: name } = variant;
  const sessions = new Set();
  const attributes = [
    `Path=${cookie.path}`,
    ...(cookie.http_only ? ["HttpOnly"] : []),
    `Max-Age=${cookie.max_age}`,
    ...(cookie.secure ? ["Secure"] : []),
    ...(cookie.partitioned ? ["Partitioned"] : []),
    ...(cookie.same_site ? [`SameSite=${cookie.same_site}`] : []),
    ...(cookie.domain ? [`Domain=${cookie.domain}`] : []),
  ].join("; ");
  const answer = (request, response) => {
    if (variant.cors?.twice) {
      response.setHeader("access-control-allow-origin", request.headers.origin ?? "null");
      response.setHeader("access-control-allow-credentials", "true");
    }
    if (request.url.startsWith("/me")) {
      const user = (request.headers.cookie ?? "")
        .split("; ")
        .some((pair) => sessions.has(pair.slice(name.length + 1)));
      response
        .writeHead(user ? 200 : 401, { "content-type": "application/json" })
        .end(JSON.stringify({ user }));
      return;
    }
    if (request.method === "OPTIONS") return void response.writeHead(405).end();
    if (!request.url.startsWith("/login") && !request.url.startsWith("/signed-in"))
      return void response.writeHead(404).end();
    const id = randomUUID() + "x".repeat(variant.padding);
    sessions.add(id);
    const deleted = variant.deleted ? [`${name}=; Path=/; Secure; Max-Age=0`] : [];
    const own = `${name}=${id}; ${attributes}`;
    const set = variant.folded ? `theme=dark; Path=/; Secure, ${own}` : own;
    response.setHeader("set-cookie", [set, ...deleted]);
    response.end("{}");
  };
  await new Promise((done) => createServer(answer).listen(variant.upstream, "127.0.0.1", done));
}
console.log("ready");
