/**
 * What this runtime relies on in the API's schemas. The generator refuses a document whose schemas
 * differ.
 */

/** A session and its user. */
export interface SessionShape {
  readonly id: string;
  /** When the session ends if it is not used, at the latest at `expires_at`. */
  readonly idle_expires_at: string;
  /** When the session ends at the latest. */
  readonly expires_at: string;
  readonly user: unknown;
}

/** The tokens of token mode. */
export interface TokensShape {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
  readonly refresh_token?: string;
}

/** What sign-in, re-authentication and refresh answer. */
export interface SignedInShape {
  readonly session: SessionShape;
  readonly tokens?: TokensShape;
}

/** How a successful answer changes the session of the client that asked. */
export type SessionEffect =
  /** The answer holds a new session, or the session with a new secret. */
  | "begins"
  /** The answer holds the next tokens of the session. */
  | "refreshed"
  /** The answer is the session. */
  | "session"
  /** The answer is the user. */
  | "user"
  /** The user signed out. */
  | "signed-out"
  /** The session ended with the operation. */
  | "ended"
  /** The session that the input names ended. */
  | "ended-one";
