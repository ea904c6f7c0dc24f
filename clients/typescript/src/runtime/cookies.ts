import type { Fetch } from "./call.js";

/** A visitor's cookies: the request, its headers, or the text of its `Cookie` header. */
export type CookieSource =
  | string
  | null
  | undefined
  | Headers
  | { readonly headers: Headers | { readonly cookie?: string | undefined } };

/** The service's cookies, and no others of the visitor. */
const OURS = /^\s*((?:__Host-|__Secure-)?bifrons_[^=;\s]*)=([^;]*)/;

/**
 * The same `fetch` with the cookies of one visitor, for the duration of one request. Collects the
 * `Set-Cookie` headers for the visitor in `setCookies`.
 */
export function withCookies(source: CookieSource, setCookies: string[], fetch: Fetch): Fetch {
  const cookies = new Map<string, string>();
  for (const pair of textOf(source).split(";")) {
    const [, name, value] = OURS.exec(pair) ?? [];
    if (name) cookies.set(name, value as string);
  }
  const keep = (header: string): void => {
    const [, name, value] = OURS.exec(header) ?? [];
    if (!name) return;
    setCookies.push(header);
    // The next call must use the new credential.
    if (value === "" || /;\s*max-age=0*(;|$)/i.test(header)) cookies.delete(name);
    else cookies.set(name, value as string);
  };
  return async (url, { credentials: _, ...init }) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value.trim()}`).join("; ");
    const response = await fetch(url, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), ...(cookie ? { cookie } : {}) },
      // Frameworks that cache the answers of `fetch` would show them to the next visitor.
      cache: "no-store",
    });
    response.headers.getSetCookie().forEach(keep);
    return response;
  };
}

function textOf(source: CookieSource): string {
  if (typeof source === "string") return source;
  const headers = source && "headers" in source ? source.headers : source;
  // Not `instanceof`: frameworks have their own `Headers`.
  const get = (headers as Partial<Headers> | null | undefined)?.get;
  const { cookie } = (headers ?? {}) as { readonly cookie?: string | undefined };
  return (typeof get === "function" ? get.call(headers, "cookie") : cookie) ?? "";
}
