import { createClient } from "@bifrons/client";

const { VITE_API_URL: baseUrl = "http://localhost:3000", VITE_MODE: mode = "cookie" } = import.meta
  .env;

/**
 * The one client of this page. In both modes no script can read the long-lived credential, and the rest
 * of the app does not depend on the mode.
 */
export const client = createClient({ baseUrl, mode });
