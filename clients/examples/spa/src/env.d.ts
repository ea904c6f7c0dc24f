/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Where the service is; http://localhost:3000 unless said otherwise. */
  readonly VITE_API_URL?: string;
  /** How the session shows itself to this page; by cookie unless said otherwise. */
  readonly VITE_FACE?: "cookie" | "bearer";
}
