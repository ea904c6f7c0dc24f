/**
 * Whether a server answers at a URL whose answers this page may not read. `fetch` fails alike in both
 * cases, with `no-cors` too, because the service forbids other origins to embed its answers. An
 * `EventSource` reconnects when no server answers, and closes when it may not read the answer.
 */
export function isReachable(url: string): Promise<boolean> {
  if (typeof EventSource === "undefined") return Promise.resolve(false);
  return new Promise((done) => {
    const source = new EventSource(url);
    source.onerror = () => {
      done(source.readyState === EventSource.CLOSED);
      source.close();
    };
  });
}
