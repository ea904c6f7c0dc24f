/**
 * What this runtime relies on in the API's documents. The generator refuses a document whose schemas
 * say otherwise.
 */

/** A session, and whose it is. */
export interface SessionShape {
  readonly id: string;
  /** When it ends in any case. */
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

/** What an answer says about the session of the client that asked. */
export type Meaning =
  /** The answer is the session that was just made. */
  | "signed-in"
  /** The answer is the session, as it is. */
  | "session"
  /** The answer holds the tokens and the session that were just made. */
  | "tokens"
  /** The answer holds the next tokens of the session. */
  | "refreshed"
  /** The answer holds the session with its new secret, and new tokens if it has any. */
  | "reissued"
  /** The answer is the user. */
  | "user"
  /** After the answer there is no session, because the person wanted to leave. */
  | "signed-out"
  /** After the answer there is no session. */
  | "ended"
  /** After the answer the session that was named is no more. */
  | "ended-one";
