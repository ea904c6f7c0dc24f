import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { type Bifrons, startBifrons } from "./bifrons.js";
import { fetchLocally } from "./direct.js";

/** The real service at https://api.jazzmeet.site, with its own data. */
export interface Service extends Bifrons {
  readonly origin: string;
  /** From now on, tells what it has answered, oldest first: `POST /v1/session 200`. */
  record(): Promise<() => Promise<string[]>>;
}

/** Starts it for frontends of the given origins. */
export async function startService(
  origins: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const { cert, key } = inject("tls");
  const at = (port: number): string => `https://api.jazzmeet.site:${port}`;
  const log: string[] = [];
  const awaited = new Map<string, () => void>();
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
      if (message !== "answered") return;
      const answered = `${method} ${path} ${status}`;
      const onLine = awaited.get(answered);
      if (onLine) onLine();
      else log.push(answered);
    },
  );
  const origin = at(service.port);
  // Lines come in the order of the answers, but later: this one's is behind those of all before it.
  async function complete(): Promise<readonly string[]> {
    const path = `/${randomUUID()}`;
    const onLine = new Promise<void>((done) => awaited.set(`GET ${path} 404`, done));
    await fetchLocally(origin + path, {});
    await onLine;
    return log;
  }
  return {
    ...service,
    origin,
    async record() {
      const begun = (await complete()).length;
      return async () => (await complete()).slice(begun);
    },
  };
}
