import type { Fetch } from "./call.js";

/** Where the cookies of a visitor's request are: the request itself, its headers, or the header's text. */
export type CookieSource =
  | string
  | null
  | undefined
  | Headers
  | { readonly headers: Headers | { readonly cookie?: string | undefined } };

/** The service's cookies, and nothing else that the visitor's browser has sent. */
const OURS = /^\s*((?:__Host-|__Secure-)?bifrons_[^=;\s]*)=([^;]*)/;

/**
 * The same `fetch` with the cookies of one visitor, for as long as one request is answered.
 * `setCookies` is given the `Set-Cookie` headers for the visitor.
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
    // What is asked next is asked as the person who has just signed in, or out.
    if (value === "" || /;\s*max-age=0*(;|$)/i.test(header)) cookies.delete(name);
    else cookies.set(name, value as string);
  };
  return async (url, { credentials: _, ...init }) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value.trim()}`).join("; ");
    const response = await fetch(url, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), ...(cookie ? { cookie } : {}) },
      // Frameworks that keep what their `fetch` was answered would show it to the next visitor.
      cache: "no-store",
    });
    response.headers.getSetCookie().forEach(keep);
    return response;
  };
}

function textOf(source: CookieSource): string {
  if (typeof source === "string") return source;
  const headers = source && "headers" in source ? source.headers : source;
  // By what it can do: frameworks bring a `Headers` of their own.
  const get = (headers as Partial<Headers> | null | undefined)?.get;
  const { cookie } = (headers ?? {}) as { readonly cookie?: string | undefined };
  return (typeof get === "function" ? get.call(headers, "cookie") : cookie) ?? "";
}
