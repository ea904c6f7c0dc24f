/** One server with one mistake: what it is told, and what is wrong with it in plain words. */
export interface Variant {
  readonly name: string;
  readonly label: string;
  readonly cors?: Partial<Cors> | null;
  readonly cookie?: Partial<Cookie>;
  /** Prefixed to the cookie's name. */
  readonly prefix?: string;
  /** Deletes the cookie in the same answer. */
  readonly deleted?: boolean;
  /** More bytes in the cookie's value. */
  readonly padding?: number;
  readonly method?: "PUT";
  /** Headers that the page adds to both calls. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the sign-in redirects to. */
  readonly redirect?: { readonly status: number; readonly to: "path" | "elsewhere" | "http" };
  /** The session's cookie is the second one of its `Set-Cookie`, behind a comma. */
  readonly folded?: boolean;
  /** The doctor looks at a page of the API's own origin as well. */
  readonly ownPage?: boolean;
  /** What the page of the frontend does without: `credentials: "include"`. */
  readonly careless?: boolean;
  /** The servers whose own code refuses to make this mistake, or cannot be told to. */
  readonly impossible?: readonly string[];
}

export interface Cors {
  readonly origins: readonly string[] | "*";
  readonly credentials: boolean;
  readonly headers: readonly string[];
  readonly methods: readonly string[];
  /** Authentication, which refuses preflights, runs before CORS. */
  readonly after_auth: boolean;
  /** Only the sign-in has CORS headers. */
  readonly only_sign_in: boolean;
  /** A few lines in place of a library, which forget `Vary`. */
  readonly by_hand: boolean;
  /** A proxy in front adds them once more. */
  readonly twice: boolean;
}

export interface Cookie {
  readonly path: string;
  readonly http_only: boolean;
  readonly secure: boolean;
  readonly same_site: "lax" | "strict" | "none" | null;
  readonly partitioned: boolean;
  readonly domain: string | null;
  readonly max_age: number;
}

export const COOKIE: Cookie = {
  path: "/",
  http_only: true,
  secure: true,
  same_site: "lax",
  partitioned: false,
  domain: null,
  max_age: 14 * 24 * 60 * 60,
};

/** Where frontends live: beside the API, on its host with another port, and on another site. */
export const FRONTENDS = [
  "admin.jazzmeet.site",
  "api.jazzmeet.site",
  "jazzmeet-admin.site",
] as const;
export const API_HOST = "api.jazzmeet.site";

/** The servers that have no proxy in front of them here. */
const APPLICATIONS = [
  "express",
  "cookie_session",
  "fastify",
  "hono",
  "fastapi",
  "django",
  "tomcat",
] as const;

const ALIEN = "https://www.jazzmeet.site";

export const VARIANTS: readonly Variant[] = [
  { name: "lax", label: "CORS for the frontends, `SameSite=Lax`" },
  {
    name: "careless",
    label: 'the same, and a page without `credentials: "include"`',
    careless: true,
  },
  { name: "cors_none", label: "no CORS headers", cors: null },
  {
    name: "wildcard",
    label: "`Access-Control-Allow-Origin: *`",
    cors: { origins: "*", credentials: false },
  },
  {
    name: "no_credentials",
    label: "no `Access-Control-Allow-Credentials`",
    cors: { credentials: false },
  },
  { name: "other_origin", label: "CORS for another origin", cors: { origins: [ALIEN] } },
  {
    name: "no_headers",
    label: "`content-type` not in `Access-Control-Allow-Headers`",
    cors: { headers: ["x-requested-with"] },
  },
  {
    name: "method",
    label: "a sign-in by `PUT` that CORS does not allow",
    method: "PUT",
    cors: { methods: ["GET", "POST"] },
    impossible: ["bifrons"],
  },
  {
    name: "custom_header",
    label: "an `X-CSRF-Token` header that CORS does not allow",
    headers: { "x-csrf-token": "t" },
  },
  {
    name: "after_auth",
    label: "authentication before CORS: preflights get 401",
    cors: { after_auth: true },
  },
  { name: "only_sign_in", label: "CORS for the sign-in alone", cors: { only_sign_in: true } },
  {
    name: "by_hand",
    label: "CORS written by hand, without `Vary: Origin`",
    cors: { by_hand: true },
    impossible: ["tomcat"],
  },
  {
    name: "twice",
    label: "CORS headers from the application and from a proxy: `true, true`",
    cors: { twice: true },
    // It takes a proxy.
    impossible: [...APPLICATIONS],
  },
  {
    name: "strict",
    label: "`SameSite=Strict`",
    cookie: { same_site: "strict" },
    ownPage: true,
  },
  { name: "no_same_site", label: "no `SameSite`", cookie: { same_site: null } },
  { name: "none", label: "`SameSite=None; Secure`", cookie: { same_site: "none" } },
  {
    name: "partitioned",
    label: "`SameSite=None; Secure; Partitioned`",
    cookie: { same_site: "none", partitioned: true },
    impossible: ["django"],
  },
  { name: "readable", label: "no `HttpOnly`", cookie: { http_only: false } },
  {
    name: "insecure",
    label: "`SameSite=None` without `Secure`",
    cookie: { same_site: "none", secure: false },
    impossible: ["tomcat"],
  },
  {
    name: "frontend_domain",
    label: "`Domain` of the frontend",
    cookie: { domain: "admin.jazzmeet.site" },
  },
  { name: "parent_domain", label: "`Domain` of the parent", cookie: { domain: "jazzmeet.site" } },
  { name: "suffix_domain", label: "`Domain` of the public suffix", cookie: { domain: "site" } },
  { name: "path", label: "`Path=/login`", cookie: { path: "/login" } },
  {
    name: "expired",
    label: "a lifetime in the past",
    cookie: { max_age: -3600 },
    impossible: ["cookie_session", "tomcat"],
  },
  {
    name: "short",
    label: "a lifetime of 86 seconds: milliseconds taken for seconds",
    cookie: { max_age: 86 },
  },
  {
    name: "folded",
    label: "behind another cookie in one `Set-Cookie`, after a comma",
    folded: true,
    impossible: ["cookie_session", "django", "tomcat"],
  },
  {
    name: "deleted",
    label: "set, and deleted by a later `Set-Cookie`",
    deleted: true,
    impossible: ["cookie_session", "django", "tomcat"],
  },
  {
    name: "prefix",
    label: "`__Host-` with `Domain`",
    prefix: "__Host-",
    cookie: { domain: "jazzmeet.site" },
    impossible: ["hono"],
  },
  {
    name: "large",
    label: "over 4096 bytes",
    padding: 4096,
    impossible: ["cookie_session", "tomcat"],
  },
  {
    name: "redirect",
    label: "307 to another path",
    redirect: { status: 307, to: "path" },
    // The client of Bifrons follows no redirect.
    impossible: ["bifrons"],
  },
  {
    name: "redirect_elsewhere",
    label: "302 to a host without CORS",
    redirect: { status: 302, to: "elsewhere" },
  },
  { name: "redirect_http", label: "307 from https to http", redirect: { status: 307, to: "http" } },
];
