import { inject } from "vitest";
import { type Bifrons, startBifrons } from "./bifrons.js";

/** The real service at https://api.jazzmeet.site, with its own data. */
export interface Service extends Bifrons {
  readonly origin: string;
  /** What it answered so far, oldest first: `POST /v1/session 200`. */
  readonly log: readonly string[];
}

/** Starts it for frontends of the given origins. */
export async function startService(
  origins: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const { cert, key } = inject("tls");
  const at = (port: number): string => `https://api.jazzmeet.site:${port}`;
  const log: string[] = [];
  const service = await startBifrons(
    (port) => ({
      BIFRONS_PUBLIC_URL: at(port),
      BIFRONS_ORIGINS: origins.join(","),
      BIFRONS_DEV_ORIGINS: "http://localhost:*",
      BIFRONS_TLS__CERT: cert,
      BIFRONS_TLS__KEY: key,
      ...settings,
    }),
    (line) => {
      // What it says of itself when it starts is for people.
      const { message, method, path, status } = line.startsWith("{") ? JSON.parse(line) : {};
      if (message === "answered") log.push(`${method} ${path} ${status}`);
    },
  );
  return { ...service, origin: at(service.port), log };
}
