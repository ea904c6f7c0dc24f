import type { Session, Tokens } from "../../src/index.js";

/** A session, as the service would show it. */
export function session(id = "s1", email = "ada@example.org"): Session {
  return {
    id,
    face: "cookie",
    user: { id: `user of ${email}`, email, role: "user", created_at: "2026-01-01T00:00:00Z" },
    remember: false,
    methods: ["pwd"],
    authenticated_at: "2026-01-01T00:00:00Z",
    created_at: "2026-01-01T00:00:00Z",
    idle_expires_at: "2026-01-01T01:00:00Z",
    expires_at: "2026-01-02T00:00:00Z",
  };
}

/** Tokens of that session; the number tells one pair from the next. */
export function tokens(number: number, id = "s1", body = false): Tokens {
  return {
    access_token: `access-${number}`,
    token_type: "Bearer",
    expires_in: 600,
    ...(body ? { refresh_token: `refresh-${number}` } : {}),
    session: { ...session(id), face: "bearer" },
  };
}
