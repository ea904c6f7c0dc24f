import type {} from "./page.js";

// What runs in the page, whichever browser it is in.

/** So many calls at once: whose they are, or how they fail. */
export function callOften(times: number): Promise<string[]> {
  const call = (): Promise<string> =>
    client.getMe().then(
      ({ data, problem }) => data?.email ?? problem?.code ?? "",
      (error: Error) => error.name,
    );
  return Promise.all(Array.from({ length: times }, call));
}

/** Moves the clock past the end of the access token. */
export function expireAccess(): void {
  const now = Date.now;
  Date.now = () => now() + 11 * 60_000;
}

export function sessionStatus(): string {
  return client.session.get().status;
}
