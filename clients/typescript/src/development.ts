import type { Fetch } from "./runtime/call.js";

/** Bundlers and Node define this. A page without a bundler has no `process`. */
declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** False where the environment is unknown, as in a page without a bundler. */
export function inDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== "production";
  } catch {
    return false;
  }
}

/** Once in a program: a server makes a client for each request. */
let noticed = false;

/** Says on the console that the service has become newer than this client in a way that breaks it. */
export function noticeVersion(service: string | null, made: string): void {
  if (noticed || breaking(service) <= breaking(made)) return;
  noticed = true;
  console.warn(
    `Bifrons ${service} answers, and this version of @bifrons/client is for ${made}. Update it.`,
  );
}

/** The number that grows with a breaking change: the second before 1.0, the first from then on. */
function breaking(version: string | null): number {
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  return major || minor / 1e6;
}

/** Calls `report` when `fetch` fails without an answer, which is how the network and CORS fail. */
export function onNetworkError(fetch: Fetch, report: () => void): Fetch {
  return (url, init) =>
    fetch(url, init).catch((error) => {
      if (error instanceof TypeError) report();
      throw error;
    });
}
