import type { Fetch } from "./runtime/call.js";

/** There where a bundler puts the value in, and in Node; a page without either has no `process`. */
declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** Whether this is not production, as far as anybody has said. */
export function inDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== "production";
  } catch {
    return false;
  }
}

/** Tells `complain` when the network, or CORS, lets a call down. */
export function listenIn(fetch: Fetch, complain: () => void): Fetch {
  return (url, init) =>
    fetch(url, init).catch((error) => {
      if (error instanceof TypeError) complain();
      throw error;
    });
}
