/** Where a native app keeps its refresh token: the keychain of the device, for example. */
export interface TokenStorage {
  get(): string | null | undefined | Promise<string | null | undefined>;
  set(refreshToken: string): unknown;
  remove(): unknown;
}

/** As long as the program runs. */
export function inMemory(): TokenStorage {
  let kept: string | undefined;
  return {
    get: () => kept,
    set: (refreshToken) => {
      kept = refreshToken;
    },
    remove: () => {
      kept = undefined;
    },
  };
}
