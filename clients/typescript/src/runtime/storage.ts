/** Where a native app keeps its refresh token: the keychain of the device, for example. */
export interface TokenStorage {
  get(): string | null | undefined | Promise<string | null | undefined>;
  set(refreshToken: string): unknown;
  remove(): unknown;
}

/** Keeps the refresh token until the program ends. */
export function inMemory(): TokenStorage {
  let stored: string | undefined;
  return {
    get: () => stored,
    set: (refreshToken) => {
      stored = refreshToken;
    },
    remove: () => {
      stored = undefined;
    },
  };
}
