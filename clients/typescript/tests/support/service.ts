import { type Bifrons, startBifrons } from "../../../browsers/tests/support/bifrons.js";

/** The real service at an http://localhost of its own. */
export interface Service extends Bifrons {
  readonly url: string;
}

/** Starts it for pages of the given origins. */
export async function startService(
  origins: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const at = (port: number): string => `http://localhost:${port}`;
  const service = await startBifrons((port) => ({
    BIFRONS_PUBLIC_URL: at(port),
    BIFRONS_ORIGINS: origins.join(","),
    ...settings,
  }));
  return { ...service, url: at(service.port) };
}
