// Deployments with one mistake each, and what the doctor for CI has to say of them.

import type { IncomingHttpHeaders } from "node:http";

/** The headers of an answer, as they are passed on. */
export type Headers = Record<string, string | string[] | undefined>;

/** Where the parts of a deployment are. */
export interface Places {
  readonly preview: string;
  readonly api: string;
}

export interface Setup {
  readonly name: string;
  /** Whether it runs with every change; the others run with `WHOLE=1`. */
  readonly isCore?: boolean;
  /** The hosts of the page and of the API. */
  readonly hosts?: readonly [preview: string, api: string];
  /** The page is on plain http. */
  readonly isPlain?: boolean;
  /** The origins that the service lists, if not the page's. */
  readonly origins?: readonly string[];
  /** What the service is told besides. */
  readonly settings?: (places: Places) => Readonly<Record<string, string>>;
  /** What the proxy in front of the service does to requests and answers. */
  readonly request?: (headers: IncomingHttpHeaders, places: Places) => void;
  readonly answer?: (headers: Headers, places: Places) => void;
  /** The proxy answers preflights itself. */
  readonly preflight?: number;
  /** The page's Content-Security-Policy. */
  readonly policy?: string;
  /** The families that keep the session. */
  readonly keeps?: readonly string[];
  /** The one line to change; none if nothing is wrong. */
  readonly change?: string | ((places: Places) => string);
}

export const SAME_SITE = ["admin.jazzmeet.site", "api.jazzmeet.site"] as const;
const OTHER_SITE = ["jazzmeet-admin.site", "api.jazzmeet.site"] as const;
const PUBLIC_SUFFIX = ["one.fly.dev", "two.fly.dev"] as const;

export const ALL = ["chromium", "chromium_blocking", "firefox"] as const;

const PASS_COOKIE = "Make the proxy in front of the API pass the header Set-Cookie on as it came.";
const PASS_ORIGIN = "Make the proxy in front of the API pass the header Origin on as it came.";
const LEAVE_CORS =
  "Take the CORS headers (Access-Control-…) out of the proxy in front of Bifrons: Bifrons sends its own.";

/** Changes every cookie of an answer. */
const cookies =
  (change: (cookie: string) => string): NonNullable<Setup["answer"]> =>
  (headers) => {
    const given = headers["set-cookie"];
    if (Array.isArray(given)) headers["set-cookie"] = given.map(change);
  };

export const UNLISTED: Setup = {
  name: "the preview is not among the origins",
  isCore: true,
  origins: ["https://www.jazzmeet.site"],
  change: ({ preview }) => `In bifrons.toml, in place of origins: origins = ["${preview}"]`,
};

export const SETUPS: readonly Setup[] = [
  { name: "page and API on sibling hosts", isCore: true, keeps: ALL },
  { name: "page and API on two sites", hosts: OTHER_SITE, keeps: ALL },
  { name: "page and API below one public suffix", hosts: PUBLIC_SUFFIX, keeps: ALL },
  { name: "the API behind the page's own host", hosts: [SAME_SITE[0], SAME_SITE[0]], keeps: ALL },
  UNLISTED,
  {
    name: "the preview is on plain http",
    isPlain: true,
    origins: ["https://www.jazzmeet.site"],
    change: "Serve the API and the frontend both over https (both over http on localhost).",
  },
  {
    name: "the proxy removes Partitioned from cookies of another site",
    isCore: true,
    hosts: OTHER_SITE,
    answer: cookies((cookie) => cookie.replace(/; Partitioned/i, "")),
    keeps: ["chromium", "firefox"],
    change: PASS_COOKIE,
  },
  {
    name: "the proxy turns SameSite into Lax below a public suffix",
    hosts: PUBLIC_SUFFIX,
    answer: cookies((cookie) => cookie.replace(/SameSite=None/i, "SameSite=Lax")),
    change: PASS_COOKIE,
  },
  {
    name: "the proxy drops Set-Cookie",
    answer: (headers) => delete headers["set-cookie"],
    change: PASS_COOKIE,
  },
  {
    name: "the proxy drops Origin",
    isCore: true,
    request: (headers) => delete headers.origin,
    change: PASS_ORIGIN,
  },
  {
    name: "the proxy puts the API's own origin in place of the page's",
    request: (headers, { api }) => {
      if (headers.origin !== undefined) headers.origin = api;
    },
    change: PASS_ORIGIN,
  },
  {
    name: "the proxy adds CORS headers once more",
    answer: (headers, { preview }) => {
      headers["access-control-allow-origin"] = [preview, preview];
      headers["access-control-allow-credentials"] = ["true", "true"];
    },
    change: LEAVE_CORS,
  },
  {
    name: "the proxy answers with Access-Control-Allow-Origin: *",
    answer: (headers) => {
      headers["access-control-allow-origin"] = "*";
    },
    change: LEAVE_CORS,
  },
  {
    name: "the proxy drops Access-Control-Allow-Credentials",
    answer: (headers) => delete headers["access-control-allow-credentials"],
    change: LEAVE_CORS,
  },
  {
    name: "the proxy drops every CORS header",
    answer: (headers) => {
      for (const name of Object.keys(headers)) {
        if (name.startsWith("access-control-")) delete headers[name];
      }
    },
    change: LEAVE_CORS,
  },
  {
    name: "the proxy refuses preflights",
    preflight: 401,
    change:
      "Answer OPTIONS with 204 and the CORS headers before authentication, redirects and routing.",
  },
  {
    name: "the proxy moves cookies to the path of the API",
    answer: cookies((cookie) => cookie.replace(/Path=\//i, "Path=/auth")),
    change: PASS_COOKIE,
  },
  {
    name: "the proxy gives cookies a Domain of another host",
    answer: cookies((cookie) => `${cookie}; Domain=admin.jazzmeet.site`),
    change: PASS_COOKIE,
  },
  {
    name: "the proxy removes Secure",
    answer: cookies((cookie) => cookie.replace(/; Secure/i, "")),
    change: PASS_COOKIE,
  },
  {
    name: "the service was told another public_url",
    hosts: PUBLIC_SUFFIX,
    origins: ["https://one.fly.dev"],
    settings: ({ preview }) => ({ BIFRONS_PUBLIC_URL: preview, BIFRONS_ORIGINS: preview }),
    change: ({ api }) => `In bifrons.toml, in place of public_url: public_url = "${api}"`,
  },
  {
    name: "the page's Content-Security-Policy allows no calls",
    policy: "connect-src 'none'",
    change:
      "The doctor finds nothing wrong with the API: look at what the browser said, and allow the API in connect-src of the page's Content-Security-Policy.",
  },
];
