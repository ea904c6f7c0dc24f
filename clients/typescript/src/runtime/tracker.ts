import type { SessionShape } from "./shapes.js";

/** Why a session ended, as far as this client knows. */
export type EndReason = "signed_out" | "expired" | "revoked" | "elsewhere";

/** What the client knows about the session. */
export type State =
  | {
      readonly status: "unknown" | "signed-out";
      readonly reason?: EndReason | undefined;
      readonly error?: unknown;
    }
  | {
      readonly status: "signed-in";
      readonly session: SessionShape;
      readonly user: unknown;
      readonly expiresAt: string;
      readonly reason?: undefined;
      readonly error?: unknown;
    };

/** Holds what the client knows about the session, and notifies its listeners. */
export interface Tracker {
  get(): State;
  subscribe(listener: (state: State) => void): () => void;
  /** Whether there is a subscriber. */
  watched(): boolean;
  /**
   * Grows with every sign-in and sign-out, in this tab or another. An answer to a request of an
   * earlier epoch is ignored: a slow answer must not bring an ended session back.
   */
  epoch(): number;
  /** A new session or a new secret when `begins` is set. Tells the other tabs. */
  become(session: SessionShape, begins?: boolean): void;
  /** The session has ended. Without a reason it has expired or was revoked. Tells the other tabs. */
  end(reason?: EndReason): void;
  /** A check of the session failed and left the state open. */
  fail(error: unknown): void;
  /** Applies the state that another tab sent. */
  apply(state: State, begins: boolean): void;
}

export const sessionId = (state: State): string | undefined =>
  state.status === "signed-in" ? state.session.id : undefined;

/** The state with this session, or signed out with `null`. */
export function stateOf(session: SessionShape | null | undefined): State {
  if (!session) return { status: session === null ? "signed-out" : "unknown" };
  return { status: "signed-in", session, user: session.user, expiresAt: session.expires_at };
}

export function createTracker(
  initial: State,
  broadcast: (state: State, begins: boolean) => void,
): Tracker {
  const listeners = new Set<(state: State) => void>();
  let state = initial;
  let epoch = 0;
  /** Returns whether the other tabs have something to learn. */
  const apply = (next: State, begins: boolean): boolean => {
    if (begins || sessionId(next) !== sessionId(state)) epoch += 1;
    // The same object while its content is the same, or React would render without end.
    if (JSON.stringify(next) === JSON.stringify(state)) return begins;
    state = next;
    for (const listener of listeners) listener(state);
    return true;
  };
  const set = (next: State, begins = false): void => {
    if (apply(next, begins)) broadcast(next, begins);
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
    watched: () => listeners.size > 0,
    become: (session, begins) => set(stateOf(session), begins),
    end: (reason = guess(state)) => {
      if (state.status !== "signed-out") set({ status: "signed-out", reason });
    },
    fail: (error) => apply({ ...state, error }, false),
    apply: (next, begins) =>
      apply(next.reason === "signed_out" ? { ...next, reason: "elsewhere" } : next, begins),
  };
}

/** The service does not say whether a session has expired or was revoked. */
function guess(state: State): EndReason | undefined {
  if (state.status !== "signed-in") return undefined;
  return Date.parse(state.session.idle_expires_at) <= Date.now() ? "expired" : "revoked";
}
