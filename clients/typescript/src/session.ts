import type { Session, User } from "./generated/models.js";
import type { CallOptions } from "./runtime/call.js";

/**
 * What the client knows about the session. `unknown` until something has told: ask with `load()`.
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
      /** When the session ends in any case; it may end earlier if nobody uses it. */
      readonly expiresAt: string;
    };

/**
 * The session as a small observable. It follows the answers that pass through the client, and in a
 * page those of the other tabs; it asks nothing by itself.
 */
export interface SessionStore {
  /** What is known now: the same object as long as it says the same. */
  get(): SessionState;
  /** Calls the listener after every change; what it returns ends that. */
  subscribe(listener: (state: SessionState) => void): () => void;
  /**
   * Asks the service with `getSession`, once however many ask at the same time, and gives what is
   * known then. It rejects when there is no answer, as every call does.
   */
  load(options?: CallOptions): Promise<SessionState>;
}
