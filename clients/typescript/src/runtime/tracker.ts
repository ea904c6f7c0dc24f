import type { SessionShape } from "./shapes.js";

/** What the client knows about the session. */
export type State =
  | { readonly status: "unknown" | "signed-out" }
  | {
      readonly status: "signed-in";
      readonly session: SessionShape;
      readonly user: unknown;
      readonly expiresAt: string;
    };

/** Keeps what is known about the session, for whoever wants to show it. */
export interface Tracker {
  get(): State;
  subscribe(listener: (state: State) => void): () => void;
  /**
   * Grows whenever somebody signs in or out, in this tab or another. What was asked before says nothing
   * about after: a slow answer must not bring back a session that was left.
   */
  epoch(): number;
  /** Takes a state over and tells the other tabs. `begins` marks a session, or secret, that is new. */
  set(state: State, begins?: boolean): void;
  /** Takes over what another tab has told. */
  hear(state: State, begins: boolean): void;
}

export const SIGNED_OUT: State = { status: "signed-out" };

export const signedIn = (session: SessionShape): State => ({
  status: "signed-in",
  session,
  user: session.user,
  expiresAt: session.expires_at,
});

export const sessionId = (state: State): string | undefined =>
  state.status === "signed-in" ? state.session.id : undefined;

export function createTracker(
  initial: State,
  tell: (state: State, begins: boolean) => void,
): Tracker {
  const listeners = new Set<(state: State) => void>();
  let state = initial;
  let epoch = 0;
  /** Whether there was anything new in it. */
  const take = (next: State, begins: boolean): boolean => {
    if (begins || sessionId(next) !== sessionId(state)) epoch += 1;
    // The same snapshot as long as it says the same, or React would render for ever.
    if (JSON.stringify(next) === JSON.stringify(state)) return begins;
    state = next;
    for (const listener of [...listeners]) listener(state);
    return true;
  };
  return {
    get: () => state,
    epoch: () => epoch,
    subscribe: (listener) => {
      // Its own function each time: the same listener may be there twice.
      const entry = (now: State): void => listener(now);
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    set: (next, begins = false) => {
      if (take(next, begins)) tell(next, begins);
    },
    hear: take,
  };
}
