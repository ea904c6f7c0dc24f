import { adviceFor } from "./advice.js";
import type { Methods } from "./generated/methods.js";
import { answersPlain, isReachable } from "./runtime/reach.js";

/** Why the user is not signed in in this page. */
export interface Diagnosis {
  readonly verdict:
    | "unreachable"
    | "opaque_origin"
    | "cors_refused"
    | "headers_refused"
    | "preflight_refused"
    | "unexpected"
    | "other_authorization"
    | "cookies_blocked"
    | "signed_out"
    | "signed_in";
  /** The verdict in words, with the remedy. */
  readonly sentence: string;
}

/** Finds out from inside the page what prevents calls or cookies from working. */
export async function diagnose(
  client: Pick<Methods, "setProbeCookie" | "readProbeCookie" | "getSession">,
  baseUrl: string,
  needsCookies: boolean,
): Promise<Diagnosis> {
  const say = (verdict: Diagnosis["verdict"], sentence: string): Diagnosis => ({
    verdict,
    sentence: `Bifrons at ${baseUrl || "this origin"}: ${sentence}`,
  });
  const unexpected = ({ problem, response }: Refused): Diagnosis =>
    problem.code === "unsupported_authorization" ||
    /^basic/i.test(response.headers.get("www-authenticate") ?? "")
      ? say("other_authorization", OTHER_AUTHORIZATION)
      : say("unexpected", `it answers "${problem.code}". Check its log, baseUrl and the proxies.`);
  try {
    const probe = needsCookies ? await client.setProbeCookie() : undefined;
    if (probe?.problem) return unexpected(probe);
    const found = await client.readProbeCookie();
    if (found.problem) return unexpected(found);
    const { cookie_received, relation } = found.data;
    // The calls so far need no preflight; signing in does.
    const refusesPreflights = async (): Promise<boolean> =>
      typeof document !== "undefined" && !(await passesPreflight(baseUrl, needsCookies));
    if (needsCookies && !cookie_received) {
      if (await refusesPreflights()) return say("preflight_refused", PREFLIGHT_REFUSED);
      return say("cookies_blocked", blocked(relation));
    }
    const session = await client.getSession();
    if (session.data) return say("signed_in", `${session.data.user.email} is signed in.`);
    if (!SIGNED_OUT.includes(session.problem.code)) return unexpected(session);
    if (await refusesPreflights()) return say("preflight_refused", PREFLIGHT_REFUSED);
    return say(
      "signed_out",
      'the user is not signed in, and calls and cookies work. If the user did sign in, that call was made without credentials: "include", or the session has ended.',
    );
  } catch {
    return refused(baseUrl, needsCookies, say);
  }
}

interface Refused {
  readonly problem: { readonly code: string };
  readonly response: Response;
}

const OTHER_AUTHORIZATION =
  'a proxy asks for HTTP Basic or adds another Authorization header, which takes the place of the cookie or the token. Leave the paths of the service out of it, or let the proxy remove the header: in nginx, proxy_set_header Authorization "".';

/** The codes of a user who is not signed in. */
const SIGNED_OUT: readonly string[] = ["unauthenticated", "invalid_session", "invalid_token"];

/** A call failed without an answer. */
async function refused(
  baseUrl: string,
  needsCookies: boolean,
  say: (verdict: Diagnosis["verdict"], sentence: string) => Diagnosis,
): Promise<Diagnosis> {
  const probe = `${baseUrl}/v1/probe`;
  if (!(await isReachable(probe))) {
    return say("unreachable", "no server answers there. Start the service, or correct baseUrl.");
  }
  const runs = "it runs, but this page may not read its answers";
  if (origin() === "null") {
    return say(
      "opaque_origin",
      `${runs}, because the page has no origin: it is a file or in a sandboxed frame. Serve it over http or https.`,
    );
  }
  if (await answersPlain(probe, credentialsOf(needsCookies))) {
    if (!(await passesPreflight(baseUrl, needsCookies))) {
      return say("preflight_refused", PREFLIGHT_REFUSED);
    }
    return say(
      "headers_refused",
      `${runs}, because the calls carry a header that it does not allow. Add the names of the client's headers, and of those that monitoring adds, to its cors.allowed_headers.`,
    );
  }
  return say("cors_refused", `${runs}. ${adviceFor(origin(), baseUrl).sentence}`);
}

const PREFLIGHT_REFUSED =
  "it runs, but a proxy in front of it refuses preflights, or answers them itself. Let the proxy pass OPTIONS on.";

const credentialsOf = (needsCookies: boolean): RequestCredentials =>
  needsCookies ? "include" : "omit";

/** Whether a call with JSON, such as signing in, gets past its preflight. */
const passesPreflight = (baseUrl: string, needsCookies: boolean): Promise<boolean> =>
  answersPlain(`${baseUrl}/v1/probe`, credentialsOf(needsCookies), {
    "content-type": "application/json",
  });

function blocked(relation: string): string {
  const stores = "the browser does not store or send its cookies here";
  return relation === "cross_site"
    ? `${stores}, because it is on another site than "${origin()}". Serve both under one domain, or use mode: "token" with refreshIn: "body".`
    : `${stores}, although it is on the same site. Check that the browser allows cookies, that credentials is "include", and that no proxy removes Set-Cookie.`;
}

/** Not that of the address, which a sandboxed frame has as well. */
function origin(): string {
  return globalThis.origin ?? "";
}
