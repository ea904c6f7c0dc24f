/** A `Set-Cookie` header as an object, for frameworks that set cookies by their attributes. */
export interface CookieToSet {
  readonly name: string;
  readonly value: string;
  readonly path?: string;
  readonly domain?: string;
  /** Seconds. */
  readonly maxAge?: number;
  readonly httpOnly?: boolean;
  readonly secure?: boolean;
  readonly sameSite?: "strict" | "lax" | "none";
  readonly partitioned?: boolean;
}

/** Parses one of `client.setCookies`. */
export function parseSetCookie(header: string): CookieToSet {
  const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
  const at = pair.indexOf("=");
  const given = new Map(
    attributes.map((attribute) => {
      const [name = "", ...value] = attribute.split("=");
      return [name.toLowerCase(), value.join("=")] as const;
    }),
  );
  const text = (name: string): string | undefined => given.get(name) || undefined;
  const path = text("path");
  const domain = text("domain");
  const maxAge = text("max-age");
  const sameSite = text("samesite")?.toLowerCase() as CookieToSet["sameSite"];
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    ...(path !== undefined && { path }),
    ...(domain !== undefined && { domain }),
    ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
    ...(given.has("httponly") && { httpOnly: true }),
    ...(given.has("secure") && { secure: true }),
    ...(sameSite !== undefined && { sameSite }),
    ...(given.has("partitioned") && { partitioned: true }),
  };
}
