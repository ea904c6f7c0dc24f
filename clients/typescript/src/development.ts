import type { Fetch } from "./runtime/call.js";

/** Bundlers and Node define this. A page without a bundler has no `process`. */
declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** False where the environment is unknown, as in a page without a bundler. */
export function inDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== "production";
  } catch {
    return false;
  }
}

/** Calls `report` when `fetch` fails without an answer, which is how the network and CORS fail. */
export function onNetworkError(fetch: Fetch, report: () => void): Fetch {
  return (url, init) =>
    fetch(url, init).catch((error) => {
      if (error instanceof TypeError) report();
      throw error;
    });
}
