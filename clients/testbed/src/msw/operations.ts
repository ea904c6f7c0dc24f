import { accessToken } from "./access-token.js";
import { Refusal, success } from "./answers.js";
import type { OperationId, Schemas } from "./document.js";
import { ACCESS_TOKEN_SECONDS, type Store, type StoredSession } from "./store.js";
import type { Visitor } from "./visitor.js";

/** What an operation gets. */
export interface Call {
  readonly store: Store;
  readonly visitor: Visitor;
  /** The body, whose members keep the rules of the document. */
  body(): Promise<Readonly<Record<string, unknown>>>;
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;

const shown = ({ session, owner }: StoredSession): Schemas["Session"] => ({
  ...session,
  user: owner.user,
});

async function registerUser({ store, body }: Call): Promise<Response> {
  const given = await body();
  const [email = "", password = "", name] = [given["email"], given["password"], given["name"]].map(
    text,
  );
  const added = store.addUser(email, password, name === undefined ? {} : { name });
  if (added === undefined) throw new Refusal("email_taken");
  return success(201, added.user);
}

async function signIn({ store, visitor, body }: Call): Promise<Response> {
  const given = await body();
  const mode = given["mode"] === "token" ? "token" : "cookie";
  const [email = "", password, refreshIn] = [
    given["email"],
    given["password"],
    given["refresh_in"],
  ].map(text);
  if (mode === "cookie" && refreshIn !== undefined) {
    const detail = "must be left out unless mode is token";
    throw new Refusal("validation_failed", [{ field: "refresh_in", rule: "conflict", detail }]);
  }
  const owner = store.userOf(email);
  if (owner === undefined || owner.password !== password) throw new Refusal("invalid_credentials");
  visitor.leave();
  const session = store.open(
    owner,
    mode,
    given["remember"] === true,
    refreshIn === "cookie" ? "cookie" : "body",
  );
  if (mode === "token") {
    const token = store.issueRefreshToken(session);
    const device =
      session.refreshIn === "body" ? { device_token: `bfd_${crypto.randomUUID()}` } : {};
    return withTokens({ store, visitor, session, token, device });
  }
  visitor.cookies.session = store.issueCookie(session);
  return success(200, {
    status: "signed-in",
    session: shown(session),
  } satisfies Schemas["SignedIn"]);
}

interface Issue {
  readonly store: Store;
  readonly visitor: Visitor;
  readonly session: StoredSession;
  /** The refresh token. */
  readonly token: string;
  readonly device?: { readonly device_token?: string };
}

function withTokens({ store, visitor, session, token, device }: Issue): Response {
  const isInBody = session.refreshIn === "body";
  if (!isInBody) visitor.cookies.refresh = token;
  const access = accessToken(visitor.origin, session);
  store.issue(access, "access token", session, ACCESS_TOKEN_SECONDS);
  const tokens: Schemas["Tokens"] = {
    access_token: access,
    token_type: "Bearer",
    expires_in: ACCESS_TOKEN_SECONDS,
    ...(isInBody ? { refresh_token: token } : {}),
    ...device,
  };
  const answer: Schemas["SignedIn"] = { status: "signed-in", session: shown(session), tokens };
  return success(200, answer);
}

function signOut({ visitor }: Call): Response {
  visitor.leave();
  const { cookies } = visitor;
  delete cookies.session;
  delete cookies.refresh;
  return success(204);
}

async function refreshTokens({ store, visitor, body }: Call): Promise<Response> {
  const given = await body();
  const former = text(given["refresh_token"]) ?? visitor.cookies.refresh;
  const rotated = former === undefined ? undefined : store.rotate(former);
  if (rotated === undefined) throw new Refusal("invalid_refresh_token");
  if (rotated === "reused") throw new Refusal("refresh_reused");
  const [session, token] = rotated;
  return withTokens({ store, visitor, session, token });
}

async function revokeToken({ store, body }: Call): Promise<Response> {
  const given = await body();
  store.end(["access token", "refresh token"], text(given["token"]) ?? "");
  return success(204);
}

async function updateMe({ visitor, body }: Call): Promise<Response> {
  // A visitor without a session learns nothing about the body.
  const { owner } = visitor.session();
  const given = await body();
  owner.user = patched(owner.user, given) as Schemas["User"];
  return success(200, owner.user);
}

type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A merge patch (RFC 7396). */
function patched(target: unknown, patch: Members): Members {
  const members = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, isObject(value) ? patched(members.get(name), value) : value);
  }
  return Object.fromEntries(members);
}

const configuration: Schemas["ServiceConfiguration"] = {
  registration: "open",
  sign_in_methods: ["password", "passkey"],
  password: { min_length: 8, max_bytes: 1024 },
  audiences: ["services"],
  deletion_grace: 0,
};

/** The operations that act in memory. */
export const acting: Partial<Record<OperationId, (call: Call) => Response | Promise<Response>>> = {
  registerUser,
  signIn,
  getSession: ({ visitor }) => success(200, shown(visitor.session())),
  signOut,
  refreshTokens,
  revokeToken,
  getMe: ({ visitor }) => success(200, visitor.session().owner.user),
  updateMe,
  getConfiguration: () => success(200, configuration),
};
