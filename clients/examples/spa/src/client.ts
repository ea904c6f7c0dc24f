import { createClient } from "@bifrons/client";

const { VITE_API_URL: baseUrl = "http://localhost:3000", VITE_FACE: face = "cookie" } = import.meta
  .env;

/** The one client of this page. Either way, no script can read what keeps a person signed in. */
export const client = createClient(
  face === "bearer" ? { baseUrl, face, refreshIn: "cookie" } : { baseUrl },
);

/** Signs in by the face that was chosen. The rest of the app does not know which one it is. */
export const signIn = face === "bearer" ? client.issueTokens : client.signIn;
