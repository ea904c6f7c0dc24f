/** A request of a story. Cookies are kept between the requests, as a browser does. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came back. */
export interface Told {
  readonly status: number;
  readonly type: string;
  readonly retryAfter: string | null;
  readonly challenge: string | null;
  readonly body: unknown;
}

/** A service and its one visitor. */
export interface Stage {
  send(asked: Asked): Promise<Told>;
  advance(seconds: number): Promise<void>;
}

type Tokens = { tokens: { access_token: string; refresh_token: string } };

const ADA = { email: "Ada@Example.com", password: "correct horse battery" };

function tokensOf({ body }: Told): Tokens["tokens"] {
  const { tokens } = body as Partial<Tokens>;
  if (tokens === undefined) throw new Error(`no tokens: ${JSON.stringify(body)}`);
  return tokens;
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

const get = (path: string, headers: Record<string, string> = {}): Asked => ({
  method: "GET",
  path,
  headers,
});
const post = (path: string, body: unknown, headers: Record<string, string> = {}): Asked => ({
  method: "POST",
  path,
  body,
  headers,
});
const out = (headers: Record<string, string> = {}): Asked => ({
  method: "DELETE",
  path: "/v1/session",
  headers,
});
const patch = (body: unknown): Asked => ({ method: "PATCH", path: "/v1/me", body });
const refresh = (body: object): Asked => post("/v1/tokens/refresh", body);

/** The main job by cookie: sign up, sign in, read the session, change the profile, sign out. */
async function byCookie({ send }: Stage): Promise<void> {
  await send(get("/v1/configuration"));
  await send(get("/v1/session"));
  await send(post("/v1/users", { ...ADA, name: "Ada" }));
  await send(post("/v1/users", { ...ADA, email: "ada@example.com" }));
  await send(post("/v1/session", { ...ADA, password: "wrong password" }));
  await send(post("/v1/session", { ...ADA, email: "eve@example.com" }));
  await send(post("/v1/session", { ...ADA, email: "ADA@example.com" }));
  await send(get("/v1/session"));
  await send(get("/v1/me"));
  await send(patch({ name: "Ada King", user_metadata: { theme: "dark", shown: { hints: true } } }));
  await send(
    patch({ name: null, locale: "de", user_metadata: { theme: null, shown: { tips: 1 } } }),
  );
  await send(patch({ user_metadata: null }));
  await send(patch({}));
  await send(post("/v1/session", { ...ADA, remember: true }));
  await send(get("/v1/session"));
  await send(out());
  await send(get("/v1/session"));
  await send(patch({ name: "x" }));
  await send(out());
}

/** The main job by token, with a refresh, and the theft of a refresh token. */
async function byToken({ send, advance }: Stage): Promise<void> {
  await send(post("/v1/users", ADA));
  const signIn = post("/v1/session", { ...ADA, mode: "token" });
  const first = tokensOf(await send(signIn));
  await send(get("/v1/session", bearer(first.access_token)));
  const second = tokensOf(await send(refresh({ refresh_token: first.refresh_token })));
  await send(refresh({ refresh_token: first.refresh_token }));
  await send(refresh({ refresh_token: first.refresh_token }));
  await send(get("/v1/me", bearer(second.access_token)));
  await advance(601);
  await send(get("/v1/me", bearer(second.access_token)));
  await send(refresh({ refresh_token: first.refresh_token }));
  await send(refresh({ refresh_token: second.refresh_token }));
  const third = tokensOf(await send(signIn));
  await send(post("/v1/tokens/revoke", { token: third.refresh_token }));
  await send(get("/v1/session", bearer(third.access_token)));
  const fourth = tokensOf(await send(signIn));
  await send(out(bearer(fourth.access_token)));
  await send(refresh({ refresh_token: fourth.refresh_token }));
  await send(get("/v1/session", bearer("nonsense")));
  await send(get("/v1/session", { authorization: "Basic eA==" }));
  await send(post("/v1/tokens/revoke", { token: "nonsense" }));
}

/** The main job by token, with the refresh token in a cookie. */
async function byRefreshCookie({ send }: Stage): Promise<void> {
  await send(post("/v1/users", ADA));
  const signedIn = await send(
    post("/v1/session", { ...ADA, mode: "token", refresh_in: "cookie", remember: true }),
  );
  const { access_token: token } = tokensOf(signedIn);
  await send(get("/v1/me"));
  await send(refresh({}));
  await send(out());
  await send(get("/v1/me", bearer(token)));
  await send(refresh({}));
}

/** Each kind of credential stands for itself, and signing in or out ends what came with the request. */
async function credentials({ send, advance }: Stage): Promise<void> {
  await send(post("/v1/users", ADA));
  const signIn = post("/v1/session", { ...ADA, mode: "token" });
  const first = tokensOf(await send(signIn));
  await send(get("/v1/session", bearer(first.refresh_token)));
  await send(refresh({ refresh_token: first.access_token }));
  await send(out(bearer(first.refresh_token)));
  await send(get("/v1/session", bearer(first.access_token)));
  await send({ ...signIn, headers: bearer(first.access_token) });
  await send(get("/v1/session", bearer(first.access_token)));
  const second = tokensOf(await send(signIn));
  await send(post("/v1/session", { ...ADA, remember: true }));
  await send(get("/v1/session", bearer(second.access_token)));
  await send(get("/v1/session", { authorization: "Bearer" }));
  await send(get("/v1/session", { authorization: "Bearer a b" }));
  await send(get("/v1/session", { authorization: `bearer ${second.access_token}` }));
  await advance(601);
  await send(out(bearer(second.access_token)));
  await send(refresh({ refresh_token: second.refresh_token }));
  await send(get("/v1/session"));
  await send(patch({ name: "" }));
  await send({ ...patch({ name: "x" }), headers: { "content-type": "text/plain" } });
  const third = tokensOf(await send(signIn));
  const fourth = tokensOf(await send(refresh({ refresh_token: third.refresh_token })));
  await send(post("/v1/tokens/revoke", { token: third.refresh_token }));
  await send(get("/v1/session", bearer(fourth.access_token)));
  await send(post("/v1/tokens/revoke", { token: fourth.access_token }));
  await send(get("/v1/session", bearer(fourth.access_token)));
}

/** A session that is not used ends after an hour. */
async function idle({ send, advance }: Stage): Promise<void> {
  await send(post("/v1/users", ADA));
  await send(post("/v1/session", ADA));
  await advance(3500);
  await send(get("/v1/session"));
  await advance(3500);
  await send(get("/v1/session"));
  await advance(3601);
  await send(get("/v1/session"));
  await send(post("/v1/session", ADA));
}

/** Bodies that break rules. */
async function wrongBodies({ send }: Stage): Promise<void> {
  for (const body of [
    {},
    null,
    [],
    { ...ADA, password: "short", name: "", email: "x" },
    { ...ADA, password: 7 },
    { ...ADA, colour: "red" },
    { ...ADA, name: "x".repeat(101) },
    { ...ADA, name: "a\nb" },
    { ...ADA, email: "ada@exa mple.com" },
    { ...ADA, password: "x".repeat(1025) },
    { ...ADA, email: "  eve@example.com " },
    { ...ADA, email: "grace@example.com", name: "  Grace  " },
    { ...ADA, email: "eva@example.com", name: null },
    { ...ADA, email: "EVA@Example.com", password: "pässwörter und ß" },
  ]) {
    await send(post("/v1/users", body));
  }
  await send(post("/v1/users", ADA, { "content-type": "text/plain" }));
  const bob = { ...ADA, email: "bob@example.com" };
  await send(post("/v1/users", bob, { "content-type": "Application/JSON; charset=utf-8" }));
  await send(post("/v1/users", bob, { "content-type": "application/jsonp" }));
  await send(post("/v1/users", bob, { "content-type": "application/problem+json" }));
  await send(post("/v1/users", ADA));
  for (const wrong of [
    { mode: "nope" },
    { remember: "yes" },
    { refresh_in: "cookie" },
    { refresh_in: 1 },
  ]) {
    await send(post("/v1/session", { ...ADA, ...wrong }));
  }
  await send(post("/v1/session", ADA));
  for (const wrong of [
    { name: "" },
    { name: "   " },
    { locale: "not a locale" },
    { user_metadata: 1 },
    { name: [] },
  ]) {
    await send(patch(wrong));
  }
  await send(post("/v1/tokens/refresh", { refresh_token: 1 }));
  await send(post("/v1/tokens/revoke", {}));
}

/** The stories, by name. */
export const stories: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  byCookie,
  byToken,
  byRefreshCookie,
  credentials,
  idle,
  wrongBodies,
};
