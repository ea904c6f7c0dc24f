import type { Schemas } from "./document.js";

type Session = Schemas["Session"];

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How long access tokens are valid, in seconds. */
export const ACCESS_TOKEN_SECONDS = 600;

/** How long a former refresh token is still accepted, for a client whose answer was lost. */
const REFRESH_GRACE = 10_000;

/** A user. */
export interface StoredUser {
  readonly password: string;
  user: Schemas["User"];
}

/** A session. */
export interface StoredSession {
  readonly session: Omit<Session, "user">;
  readonly owner: StoredUser;
  readonly refreshIn: "body" | "cookie";
  isOver: boolean;
}

/** What a secret is for. */
export type Kind = "access token" | "refresh token" | "session cookie";

interface Secret {
  readonly kind: Kind;
  readonly session: StoredSession;
  readonly validUntil: number;
  /** Of a refresh token that was used: when, and the token that replaced it. */
  used?: { readonly at: number; readonly successor: string };
}

const idleFor = (remember: boolean): number => (remember ? 14 * DAY : HOUR);
const time = (at: number): string => new Date(at).toISOString();

/** The users and sessions of a service, in memory. */
export class Store {
  readonly #users = new Map<string, StoredUser>();
  readonly #secrets = new Map<string, Secret>();
  #count = 0;

  /** Ids are counted, so that snapshots are stable. */
  #id(): string {
    this.#count += 1;
    return `019b78c9-0a80-7000-8000-${String(this.#count).padStart(12, "0")}`;
  }

  /** Adds a user; `undefined` if another one has the address. */
  addUser(
    email: string,
    password: string,
    members: Partial<Schemas["User"]>,
  ): StoredUser | undefined {
    const address = email.trim();
    if (this.#users.has(address.toLowerCase())) return undefined;
    const user: Schemas["User"] = {
      id: this.#id(),
      email: address,
      email_verified: false,
      roles: [],
      created_at: time(Date.now()),
      ...members,
    };
    const stored = { password, user };
    this.#users.set(address.toLowerCase(), stored);
    return stored;
  }

  /** The user with an address. */
  userOf(email: string): StoredUser | undefined {
    return this.#users.get(email.trim().toLowerCase());
  }

  /** Opens a session of a user. */
  open(
    owner: StoredUser,
    mode: Session["mode"],
    remember: boolean,
    refreshIn: "body" | "cookie",
  ): StoredSession {
    const now = Date.now();
    const session = {
      id: this.#id(),
      mode,
      assurance: 1,
      remember,
      methods: ["pwd" as const],
      authenticated_at: time(now),
      created_at: time(now),
      idle_expires_at: time(now + idleFor(remember)),
      expires_at: time(now + (remember ? 30 * DAY : DAY)),
    };
    return { session, owner, refreshIn, isOver: false };
  }

  /** Makes a secret lead to a session, for so many seconds. */
  issue(secret: string, kind: Kind, session: StoredSession, seconds: number = Infinity): string {
    this.#secrets.set(secret, { kind, session, validUntil: Date.now() + seconds * 1000 });
    return secret;
  }

  /** A new refresh token. */
  issueRefreshToken(session: StoredSession): string {
    return this.issue(`bfr_${crypto.randomUUID()}`, "refresh token", session);
  }

  /** A new session cookie. */
  issueCookie(session: StoredSession): string {
    return this.issue(`bfs_${crypto.randomUUID()}`, "session cookie", session);
  }

  /** The live session of a secret. Its use postpones the end for idleness. */
  find(kind: Kind, secret: string): StoredSession | undefined {
    const found = this.#secrets.get(secret);
    if (found?.kind !== kind || Date.now() >= found.validUntil) return undefined;
    const { session, isOver } = found.session;
    const [now, end] = [Date.now(), Date.parse(session.expires_at)];
    if (isOver || now >= Date.parse(session.idle_expires_at) || now >= end) return undefined;
    session.idle_expires_at = time(Math.min(end, now + idleFor(session.remember)));
    return found.session;
  }

  /** Ends the session of a secret of one of these kinds, even if the secret has expired. */
  end(kinds: readonly Kind[], secret: string): void {
    const found = this.#secrets.get(secret);
    if (found !== undefined && kinds.includes(found.kind)) found.session.isOver = true;
  }

  /** Replaces a refresh token. One that was used before is stolen: `reused`, and its session ends. */
  rotate(refreshToken: string): [StoredSession, successor: string] | "reused" | undefined {
    const session = this.find("refresh token", refreshToken);
    const secret = this.#secrets.get(refreshToken);
    if (session === undefined || secret === undefined) return undefined;
    if (secret.used !== undefined && Date.now() > secret.used.at + REFRESH_GRACE) {
      session.isOver = true;
      return "reused";
    }
    secret.used ??= { at: Date.now(), successor: this.issueRefreshToken(session) };
    return [session, secret.used.successor];
  }

  /** Ends all sessions. */
  endAll(): void {
    for (const { session } of this.#secrets.values()) session.isOver = true;
  }
}
