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
}

export interface Cookie {
  readonly path: string;
  readonly secure: boolean;
  readonly same_site: "lax" | "strict" | "none" | null;
  readonly partitioned: boolean;
  readonly domain: string | null;
  readonly max_age: number;
}

export const COOKIE: Cookie = {
  path: "/",
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
  { name: "strict", label: "`SameSite=Strict`", cookie: { same_site: "strict" } },
  { name: "no_same_site", label: "no `SameSite`", cookie: { same_site: null } },
  { name: "none", label: "`SameSite=None; Secure`", cookie: { same_site: "none" } },
  {
    name: "partitioned",
    label: "`SameSite=None; Secure; Partitioned`",
    cookie: { same_site: "none", partitioned: true },
    impossible: ["django"],
  },
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
    impossible: ["tomcat"],
  },
  {
    name: "deleted",
    label: "set, and deleted by a later `Set-Cookie`",
    deleted: true,
    impossible: ["django", "tomcat"],
  },
  {
    name: "prefix",
    label: "`__Host-` with `Domain`",
    prefix: "__Host-",
    cookie: { domain: "jazzmeet.site" },
    impossible: ["hono"],
  },
  { name: "large", label: "over 4096 bytes", padding: 4096, impossible: ["tomcat"] },
  { name: "redirect", label: "307 to another path", redirect: { status: 307, to: "path" } },
  {
    name: "redirect_elsewhere",
    label: "302 to a host without CORS",
    redirect: { status: 302, to: "elsewhere" },
  },
  { name: "redirect_http", label: "307 from https to http", redirect: { status: 307, to: "http" } },
];
