import type { Session, User } from "./generated/models.js";
import { isProblemError } from "./problem-error.js";
import { type Deadline, untilDeadline } from "./runtime/deadline.js";
import type { EndReason, Tracker } from "./runtime/tracker.js";

/**
 * What the client knows about the session. `unknown` until the first answer: `load()` asks for one.
 */
export type SessionState =
  | {
      readonly status: "unknown" | "signed-out";
      /**
       * Why the session ended: the user signed out here, or `elsewhere` in this browser; it expired, or
       * was revoked, as from another device. Absent if there was no session.
       */
      readonly reason?: EndReason | undefined;
      /** Why the last `load()` left the state open: an error of the network, or a `ProblemError`. */
      readonly error?: unknown;
      readonly session?: undefined;
      readonly user?: undefined;
      readonly expiresAt?: undefined;
    }
  | {
      readonly status: "signed-in";
      readonly session: Session;
      readonly user: User;
      /** When the session ends at the latest. It ends earlier when it is not used. */
      readonly expiresAt: string;
      readonly reason?: undefined;
      readonly error?: unknown;
    };

/**
 * The session as a small observable. It follows the client's answers and, in a page, those of the
 * other tabs. It sends no request by itself.
 */
export interface SessionStore {
  /** The current state: the same object while its content is the same. */
  get(): SessionState;
  /** The state when the client was made, which is what a server rendered. */
  initial(): SessionState;
  /** Calls the listener after every change. Returns the function that unsubscribes. */
  subscribe(listener: (state: SessionState) => void): () => void;
  /**
   * Calls `getSession`, one request for all concurrent callers, and resolves to the new state. Rejects
   * when there is no answer, as every call does. A caller's signal and timeout end that caller's wait
   * alone.
   */
  load(deadline?: Deadline): Promise<SessionState>;
}

/** The store over a tracker. `ask` rejects with a `ProblemError`, or without an answer. */
export function createStore(tracker: Tracker, ask: () => Promise<unknown>): SessionStore {
  // The generated schemas have the shapes of the runtime.
  const { get, subscribe } = tracker as unknown as SessionStore;
  const start = get();
  let loading: Promise<SessionState> | undefined;
  const load = async (): Promise<SessionState> => {
    try {
      await ask();
    } catch (error) {
      // An outage, and not the answer that the user is signed out.
      if (get().status !== "signed-out") tracker.fail(error);
      if (!isProblemError(error)) throw error;
    } finally {
      loading = undefined;
    }
    return get();
  };
  return {
    get,
    subscribe,
    initial: () => start,
    load: (deadline = {}) =>
      untilDeadline(deadline, () => {
        loading ??= load();
        return loading;
      }),
  };
}
