/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Where the service is: http://localhost:3000 by default. */
  readonly VITE_API_URL?: string;
  /** How the client presents the session: `cookie` by default. */
  readonly VITE_MODE?: "cookie" | "token";
}
