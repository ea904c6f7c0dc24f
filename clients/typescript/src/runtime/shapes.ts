/**
 * What this runtime relies on in the API's schemas. The generator refuses a document whose schemas
 * differ.
 */

/** A session and its user. */
export interface SessionShape {
  readonly id: string;
  /** When the session ends at the latest. */
  readonly expires_at: string;
  readonly user: unknown;
}

/** What `issueTokens` and `refreshTokens` answer. */
export interface TokensShape {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly session: SessionShape;
}

/** How a successful answer changes the session of the client that asked. */
export type SessionEffect =
  /** The answer is a new session. */
  | "signed-in"
  /** The answer is the current session. */
  | "session"
  /** The answer holds the tokens and the session that were just made. */
  | "tokens"
  /** The answer holds the next tokens of the session. */
  | "refreshed"
  /** The answer holds the session with its new secret, and new tokens if it has any. */
  | "reissued"
  /** The answer is the user. */
  | "user"
  /** The user signed out. */
  | "signed-out"
  /** The session ended with the operation. */
  | "ended"
  /** The session that the input names ended. */
  | "ended-one";
