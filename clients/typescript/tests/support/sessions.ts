import type { Data, Session, SignedIn } from "../../src/index.js";

/** A session as the service answers it. */
export function session(id = "s1", email = "ada@example.org"): Session {
  return {
    id,
    mode: "cookie",
    assurance: 1,
    user: {
      id: `user of ${email}`,
      email,
      email_verified: false,
      roles: [],
      created_at: "2026-01-01T00:00:00Z",
    },
    remember: false,
    methods: ["pwd"],
    authenticated_at: "2026-01-01T00:00:00Z",
    created_at: "2026-01-01T00:00:00Z",
    idle_expires_at: "2999-01-01T01:00:00Z",
    expires_at: "2999-01-02T00:00:00Z",
  };
}

/** What a sign-in answered to a user without a second factor. */
export function opened({ data }: { data?: Data<"signIn"> | undefined }): SignedIn {
  if (data?.status !== "signed-in") throw new Error(`${data?.status ?? "no data"}`);
  return data;
}

/** The answer to a sign-in in cookie mode. */
export const signedIn = (id?: string, email?: string): SignedIn => ({
  status: "signed-in",
  session: session(id, email),
});

/** The answer in token mode. The number tells one pair of tokens from the next. */
export function withTokens(number: number, id = "s1", body = false): SignedIn {
  return {
    status: "signed-in",
    session: { ...session(id), mode: "token" },
    tokens: {
      access_token: `access-${number}`,
      token_type: "Bearer",
      expires_in: 600,
      ...(body ? { refresh_token: `refresh-${number}` } : {}),
    },
  };
}
