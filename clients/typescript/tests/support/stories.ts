import { expect } from "vitest";
import type { createClient, Result, SignedIn } from "../../src/index.js";
import { cookieFetch } from "./cookies.js";

/** What any version of the client has. */
export type Create = typeof createClient;

/** A story that a client of one version and a service of another one must get through. */
type Story = (create: Create, baseUrl: string) => Promise<void>;

const password = "correct horse battery staple";

/** Signs a new user up, and gives what they sign in with. */
async function signUp(
  create: Create,
  baseUrl: string,
): Promise<{ email: string; password: string }> {
  const credentials = { email: `user-${crypto.randomUUID()}@example.org`, password };
  const { data, problem } = await create({ baseUrl }).registerUser({ ...credentials, name: "Ada" });
  expect(problem).toBeUndefined();
  expect(data).toMatchObject({ email: credentials.email, name: "Ada" });
  return credentials;
}

/** What a sign-in without a second factor answered. The previous service says no `status`. */
function opened({ data, problem }: Result<"signIn">): SignedIn {
  if (data === undefined || !("session" in data)) throw new Error(problem?.code ?? "a challenge");
  return data;
}

const inTokens =
  (refreshIn: "body" | "cookie"): Story =>
  async (create, baseUrl) => {
    const credentials = await signUp(create, baseUrl);
    const { fetch, cookies } = cookieFetch();
    const client = create({ baseUrl, mode: "token", refreshIn, fetch });
    const { session, tokens } = opened(await client.signIn({ ...credentials, remember: true }));
    expect(session.mode).toBe("token");
    expect(tokens?.refresh_token === undefined).toBe(refreshIn === "cookie");
    expect((await client.getMe()).data?.email).toBe(credentials.email);
    const refreshed = await client.refreshTokens();
    expect(refreshed.data?.session.id).toBe(session.id);
    expect(refreshed.data?.tokens?.access_token).not.toBe(tokens?.access_token);
    expect((await client.getMe()).data?.email).toBe(credentials.email);
    const kept = new Map(cookies);
    expect((await client.signOut()).problem).toBeUndefined();
    expect(client.session.get()).toMatchObject({ status: "signed-out", reason: "signed_out" });
    for (const [name, value] of kept) cookies.set(name, value);
    const refresh_token = refreshed.data?.tokens?.refresh_token;
    const late = await create({ baseUrl, fetch }).refreshTokens(
      refresh_token === undefined ? {} : { refresh_token },
    );
    expect(late.problem?.code).toBe("invalid_refresh_token");
  };

export const STORIES: readonly (readonly [string, Story])[] = [
  [
    "mode cookie",
    async (create, baseUrl) => {
      const credentials = await signUp(create, baseUrl);
      const client = create({ baseUrl, fetch: cookieFetch().fetch });
      const { session } = opened(await client.signIn(credentials));
      expect(session.mode).toBe("cookie");
      expect((await client.getSession()).data?.id).toBe(session.id);
      expect((await client.reauthenticate({ password })).problem).toBeUndefined();
      expect((await client.updateMe({ name: "Ada Lovelace" })).data?.name).toBe("Ada Lovelace");
      expect((await client.signOut()).problem).toBeUndefined();
      expect((await client.getMe()).problem?.code).toBe("unauthenticated");
    },
  ],
  ["mode token, refresh token in the body", inTokens("body")],
  ["mode token, refresh token in a cookie", inTokens("cookie")],
  [
    "sessions",
    async (create, baseUrl) => {
      const credentials = await signUp(create, baseUrl);
      const [first, second, third] = [1, 2, 3].map(() =>
        create({ baseUrl, fetch: cookieFetch().fetch }),
      );
      for (const client of [first, second, third]) await client?.signIn(credentials);
      const { data } = (await first?.listSessions()) ?? {};
      expect(data?.items).toHaveLength(3);
      const { data: other } = (await second?.getSession()) ?? {};
      await first?.endSession({ id: other?.id ?? "" });
      expect((await second?.getSession())?.problem?.code).toBe("invalid_session");
      await first?.endOtherSessions();
      expect((await third?.getSession())?.problem?.code).toBe("invalid_session");
      expect((await first?.listSessions())?.data?.items).toHaveLength(1);
    },
  ],
  [
    "problems",
    async (create, baseUrl) => {
      const { email } = await signUp(create, baseUrl);
      const client = create({ baseUrl, fetch: cookieFetch().fetch });
      const wrong = await client.signIn({ email, password: "not this one" });
      expect(wrong.problem).toMatchObject({ status: 401, code: "invalid_credentials" });
      const taken = await client.registerUser({ email, password });
      expect(taken.problem).toMatchObject({ status: 409, code: "email_taken" });
      const short = await client.registerUser({ email: "eve@example.org", password: "short" });
      expect(short.problem).toMatchObject({ status: 422, code: "validation_failed" });
      expect(short.problem?.errors?.[0]).toMatchObject({ field: "password", rule: "min_length" });
      await expect(client.throwing.getMe()).rejects.toMatchObject({ code: "unauthenticated" });
    },
  ],
];
