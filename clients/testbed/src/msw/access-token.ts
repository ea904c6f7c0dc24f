import { ACCESS_TOKEN_SECONDS, type StoredSession } from "./store.js";

const encoded = (text: string): string =>
  btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const json = (value: object): string => encoded(JSON.stringify(value));

const seconds = (time: number): number => Math.floor(time / 1000);

/** A token with the claims of the service (RFC 9068). Its signature is random: no service accepts it. */
export function accessToken(origin: string, { session, owner }: StoredSession): string {
  const now = seconds(Date.now());
  const header = { typ: "at+jwt", alg: "EdDSA", kid: "testbed-msw" };
  const claims = {
    iss: origin,
    aud: origin,
    sub: owner.user.id,
    exp: now + ACCESS_TOKEN_SECONDS,
    iat: now,
    jti: crypto.randomUUID(),
    sid: session.id,
    auth_time: seconds(Date.parse(session.authenticated_at)),
    amr: session.methods,
    client_id: "bifrons",
    roles: owner.user.roles,
  };
  const signature = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(64)));
  return `${json(header)}.${json(claims)}.${encoded(signature)}`;
}
