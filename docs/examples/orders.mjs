// A service that verifies access tokens with the keys of Bifrons, without a request per token: npm install, then node orders.mjs.
import { createServer } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";

const issuer = process.env.ISSUER ?? "http://localhost:3000";
const audience = process.env.AUDIENCE ?? "https://orders.example.com";
const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", issuer));

createServer(async (request, response) => {
  const answer = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const token = /^bearer +(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined) return answer(401, { error: "sign in first" });
  try {
    // Check all four: the key, the issuer, the audience, and that it is an access token.
    const { payload } = await jwtVerify(token, keys, { issuer, audience, typ: "at+jwt", algorithms: ["EdDSA", "ES256"] });
    answer(200, { orders_of: payload.sub, roles: payload.roles });
  } catch {
    answer(401, { error: "invalid token" });
  }
}).listen(Number(process.env.PORT ?? 8080), "127.0.0.1", function () {
  console.log(`orders on http://127.0.0.1:${this.address().port}`);
});
