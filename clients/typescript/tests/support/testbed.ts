import { resolve } from "node:path";
import { start, type Testbed } from "../../../testbed/src/index.js";

/** The real service on a temporary database. Its clock stands still. */
export interface Service {
  readonly url: string;
  /** What tests do to it. */
  readonly testbed: Testbed;
  stop(): Promise<void>;
}

/** Starts it with these settings. */
export async function startService(
  settings: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const built = resolve(import.meta.dirname, "../../../../target/debug/bifrons-testbed");
  const binary = process.env["BIFRONS_TESTBED_BINARY"] ?? built;
  const testbed = await start({ binary, settings });
  return { url: testbed.url, testbed, stop: () => testbed.close() };
}
