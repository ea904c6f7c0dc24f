/** The delay without a `Retry-After` header. */
const DEFAULT_MS = 1000;

/** Milliseconds until the next try: `Retry-After`, in seconds or as a date. */
export function retryAfter(response?: Response): number {
  const header = response?.headers.get("retry-after");
  if (!header) return DEFAULT_MS;
  const seconds = Number(header);
  const wait = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return wait >= 0 ? wait : DEFAULT_MS;
}
