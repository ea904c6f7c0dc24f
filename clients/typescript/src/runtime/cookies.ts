import type { Fetch } from "./call.js";

/** `cookies()` of Next.js, and the cookies of SvelteKit. */
interface CookieStore {
  getAll(): readonly { readonly name: string; readonly value: string }[];
}

type Source =
  | string
  | null
  | undefined
  | Headers
  | CookieStore
  | { readonly headers: Headers | { readonly cookie?: string | undefined } };

/** A visitor's cookies: the request, its headers, the text of its `Cookie` header, or a framework's store. */
export type CookieSource = Source | Promise<Source>;

type Pair = readonly [name: string, value: string];

/** The service's cookies, and no others of the visitor. */
const OURS = /^\s*((?:__Host-|__Secure-)?bifrons_[^=;\s]*)=([^;]*)/;

/**
 * The same `fetch` with the cookies of one visitor, for the duration of one request. Collects the
 * `Set-Cookie` headers for the visitor in `setCookies`.
 */
export function withCookies(source: CookieSource, setCookies: string[], fetch: Fetch): Fetch {
  // All of them, as they came: the service judges several cookies of one name.
  let pairs: Promise<Pair[]> | undefined;
  return async (url, { credentials: _, ...init }) => {
    pairs ??= Promise.resolve(source).then((given) => textOf(given).split(";").flatMap(pairOf));
    let cookies = await pairs;
    const cookie = cookies.map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), ...(cookie ? { cookie } : {}) },
      // Frameworks that cache the answers of `fetch` would show them to the next visitor.
      cache: "no-store",
    });
    for (const header of setCookieHeaders(response.headers)) {
      for (const [name, value] of pairOf(header)) {
        setCookies.push(header);
        // The next call must send the new credential.
        const cleared = value === "" || /;\s*max-age=0*(;|$)/i.test(header);
        cookies = cookies.filter((pair) => pair[0] !== name);
        if (!cleared) cookies.push([name, value]);
        pairs = Promise.resolve(cookies);
      }
    }
    return response;
  };
}

/** The service's cookie at the start of a text, or nothing. */
function pairOf(text: string): Pair[] {
  const [, name, value] = OURS.exec(text) ?? [];
  return name ? [[name, (value as string).trim()]] : [];
}

/** The `Set-Cookie` headers of the service. */
export const ownSetCookies = (headers: Headers): string[] =>
  setCookieHeaders(headers).filter((header) => OURS.test(header));

/** Older implementations of `fetch` join the headers with commas, which dates contain too. */
function setCookieHeaders(headers: Headers): string[] {
  if (typeof headers.getSetCookie === "function") return headers.getSetCookie();
  return headers.get("set-cookie")?.split(/,\s*(?=[^\s;,=]+=)/) ?? [];
}

function textOf(source: Source): string {
  if (typeof source === "string") return source;
  if (source === null || source === undefined) return "";
  if ("getAll" in source && typeof source.getAll === "function") {
    return source
      .getAll()
      .map(({ name, value }) => `${name}=${value}`)
      .join(";");
  }
  const headers = "headers" in source ? source.headers : source;
  // Not `instanceof`: frameworks have their own `Headers`.
  const { get, cookie } = headers as Partial<Headers> & { readonly cookie?: string };
  if (typeof get === "function") return get.call(headers, "cookie") ?? "";
  if (headers !== source) return cookie ?? "";
  // Not silently: the visitor would be signed out.
  throw new TypeError("The option cookies is no request, headers, text or cookie store");
}
