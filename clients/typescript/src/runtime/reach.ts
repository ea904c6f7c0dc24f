/**
 * Whether anything answers at a URL whose answers this page may not read. `fetch` does not tell: it
 * fails in the same way, in the mode `no-cors` as well, as the service forbids other origins to embed
 * its answers. An `EventSource` tries again when nothing answers, and gives up on what it may not read.
 */
export function somethingAnswers(url: string): Promise<boolean> {
  if (typeof EventSource === "undefined") return Promise.resolve(false);
  return new Promise((done) => {
    const source = new EventSource(url);
    source.onerror = () => {
      done(source.readyState === EventSource.CLOSED);
      source.close();
    };
  });
}
