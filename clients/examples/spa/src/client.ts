import { createClient } from "@bifrons/client";

const { VITE_API_URL: baseUrl = "http://localhost:3000", VITE_MODE: mode = "cookie" } = import.meta
  .env;

/** The one client of this page. In both modes no script can read the long-lived credential. */
export const client = createClient(
  mode === "token" ? { baseUrl, mode, refreshIn: "cookie" } : { baseUrl },
);

/** Signs in by the client's mode. The rest of the app does not depend on it. */
export const signIn = mode === "token" ? client.issueTokens : client.signIn;
