/**
 * Whether a server answers at a URL whose answers this page may not read. `fetch` fails alike in both
 * cases, with `no-cors` too, because the service forbids other origins to embed its answers. An
 * `EventSource` reconnects when no server answers, and closes when it may not read the answer.
 */
export function isReachable(url: string): Promise<boolean> {
  return new Promise((done) => {
    if (typeof EventSource === "undefined") return done(false);
    const source = new EventSource(url);
    source.onerror = () => {
      done(source.readyState === EventSource.CLOSED);
      source.close();
    };
  });
}

/**
 * Whether this page may read the answers to requests with these headers alone. An empty frame has a
 * `fetch` of its own, to which monitoring has added nothing.
 */
export async function answersPlain(
  url: string,
  credentials: RequestCredentials,
  headers: Record<string, string> = {},
): Promise<boolean> {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.documentElement.append(frame);
  try {
    const plain = (frame.contentWindow as (Window & typeof globalThis) | null)?.fetch ?? fetch;
    return (await plain(new URL(url, location.href).href, { credentials, headers })).ok;
  } catch {
    return false;
  } finally {
    frame.remove();
  }
}
