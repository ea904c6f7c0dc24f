import { inject } from "vitest";
import { startBifrons } from "./bifrons.js";

/** The real service at https://api.jazzmeet.site, with its own data. */
export interface Service {
  readonly origin: string;
  /** What it answered so far, oldest first: `POST /v1/session 200`. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

const ANSWERED = /answered method=(?<method>\w+) path="(?<path>.*?)" status=(?<status>\d+)/;

/** Starts it for frontends of the given origins. */
export async function startService(
  origins: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const { cert, key } = inject("tls");
  const at = (port: number): string => `https://api.jazzmeet.site:${port}`;
  const log: string[] = [];
  const { port, stop } = await startBifrons(
    (port) => ({
      BIFRONS_PUBLIC_URL: at(port),
      BIFRONS_ORIGINS: origins.join(","),
      BIFRONS_DEV_ORIGINS: "http://localhost:*",
      BIFRONS_TLS__CERT: cert,
      BIFRONS_TLS__KEY: key,
      ...settings,
    }),
    (line) => {
      const { method, path, status } = ANSWERED.exec(line)?.groups ?? {};
      if (method) log.push(`${method} ${path} ${status}`);
    },
  );
  return { origin: at(port), log, stop };
}
