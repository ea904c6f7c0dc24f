import type { Session, User } from "./generated/models.js";
import type { Deadline } from "./runtime/deadline.js";

/**
 * What the client knows about the session. `unknown` until the first answer: `load()` asks for one.
 */
export type SessionState =
  | {
      readonly status: "unknown" | "signed-out";
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
