import type { Fetch } from "../../src/runtime/call.js";

/** The cookie that stays after signing out: by it the service recognizes the device. */
export const DEVICE = "bifrons_device";

/** A `fetch` with a cookie jar for one host, which Node's own does not have. */
export function cookieFetch(send: Fetch = fetch): { fetch: Fetch; cookies: Map<string, string> } {
  const cookies = new Map<string, string>();
  const keep = (header: string): void => {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
    if (value === "" || /;\s*max-age=0/i.test(header)) cookies.delete(name);
    else cookies.set(name, value);
  };
  const withCookies: Fetch = async (url, init) => {
    const headers = new Headers(init.headers);
    const pairs = [...cookies].map(([name, value]) => `${name}=${value}`);
    if (pairs.length > 0) headers.set("cookie", pairs.join("; "));
    const response = await send(url, { ...init, headers });
    response.headers.getSetCookie().forEach(keep);
    return response;
  };
  return { fetch: withCookies, cookies };
}
