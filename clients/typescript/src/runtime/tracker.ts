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

/** Holds what the client knows about the session, and notifies its listeners. */
export interface Tracker {
  get(): State;
  subscribe(listener: (state: State) => void): () => void;
  /**
   * Grows with every sign-in and sign-out, in this tab or another. An answer to a request of an
   * earlier epoch is ignored: a slow answer must not bring an ended session back.
   */
  epoch(): number;
  /** Changes the state and tells the other tabs. `begins` marks a new session or a new secret. */
  set(state: State, begins?: boolean): void;
  /** Applies the state that another tab sent. */
  apply(state: State, begins: boolean): void;
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
  broadcast: (state: State, begins: boolean) => void,
): Tracker {
  const listeners = new Set<(state: State) => void>();
  let state = initial;
  let epoch = 0;
  /** Returns whether the other tabs have something to learn. */
  const update = (next: State, begins: boolean): boolean => {
    if (begins || sessionId(next) !== sessionId(state)) epoch += 1;
    // The same object while its content is the same, or React would render without end.
    if (JSON.stringify(next) === JSON.stringify(state)) return begins;
    state = next;
    for (const listener of [...listeners]) listener(state);
    return true;
  };
  return {
    get: () => state,
    epoch: () => epoch,
    subscribe: (listener) => {
      // A new function each time: the same listener may subscribe twice.
      const entry = (now: State): void => listener(now);
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    set: (next, begins = false) => {
      if (update(next, begins)) broadcast(next, begins);
    },
    apply: update,
  };
}
