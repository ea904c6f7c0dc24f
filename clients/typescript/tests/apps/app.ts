import type { Fetch } from "../../src/runtime/call.js";

/**
 * A site that is rendered on a server: `GET /` shows whose it is in `<main>`, a form sent to
 * `POST /session` signs in, and `DELETE /session` signs out.
 */
export interface App {
  readonly origin: string;
  readonly fetch: Fetch;
  stop(): Promise<void>;
}

/** Starts the site, for the service at that URL. */
export type StartApp = (baseUrl: string) => Promise<App>;
