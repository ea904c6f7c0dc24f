/** An access token for another service, as the API answers it. */
export interface MintedShape {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
}

interface Target {
  readonly audience?: string | undefined;
}

/** Returns a valid token for an audience, or for the default one. */
export type AccessTokens = (target: Target) => Promise<string>;

interface Entry {
  readonly minted: Promise<MintedShape>;
  readonly epoch: number;
  renewAt: number;
}

/** The longest time between renewal and expiry. */
const LEAD_MS = 60_000;

/**
 * Caches one token for each audience until shortly before it expires. Concurrent callers share one
 * request. A token of an earlier session is never returned.
 */
export function createAccessTokens(
  mint: (target: Target) => Promise<MintedShape>,
  epoch: () => number,
): AccessTokens {
  const entries = new Map<string | undefined, Entry>();
  const renew = (audience: string | undefined): Entry => {
    const entry = { minted: mint({ audience }), epoch: epoch(), renewAt: Infinity };
    entries.set(audience, entry);
    entry.minted.then(
      ({ expires_in }) => {
        const lifetime = expires_in * 1000;
        entry.renewAt = Date.now() + lifetime - Math.min(LEAD_MS, lifetime / 5);
      },
      () => {
        if (entries.get(audience) === entry) entries.delete(audience);
      },
    );
    return entry;
  };
  return async ({ audience }) => {
    const found = entries.get(audience);
    const usable = found && found.epoch === epoch() && Date.now() < found.renewAt;
    return (await (usable ? found : renew(audience)).minted).access_token;
  };
}
