import type { Methods } from "./generated/methods.js";
import { isReachable } from "./runtime/reach.js";

/** Why the user is not signed in in this page. */
export interface Diagnosis {
  readonly verdict:
    | "unreachable"
    | "cors_refused"
    | "unexpected"
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
  const unexpected = (code: string): Diagnosis =>
    say("unexpected", `it answers "${code}". Check its log, baseUrl and the proxies.`);
  try {
    const probe = needsCookies ? await client.setProbeCookie() : undefined;
    if (probe?.problem) return unexpected(probe.problem.code);
    const found = await client.readProbeCookie();
    if (found.problem) return unexpected(found.problem.code);
    const { cookie_received, relation } = found.data;
    if (needsCookies && !cookie_received) {
      return say("cookies_blocked", blocked(relation));
    }
    const session = await client.getSession();
    if (session.data) return say("signed_in", `${session.data.user.email} is signed in.`);
    if (session.problem.status !== 401) return unexpected(session.problem.code);
    return say(
      "signed_out",
      'the user is not signed in, and calls and cookies work. If the user did sign in, that call was made without credentials: "include", or the session has ended.',
    );
  } catch {
    return (await isReachable(`${baseUrl}/v1/probe`))
      ? say(
          "cors_refused",
          `it runs, but this page may not read its answers. Add "${origin()}" to its origins.`,
        )
      : say("unreachable", "no server answers there. Start the service, or correct baseUrl.");
  }
}

function blocked(relation: string): string {
  const stores = "the browser does not store or send its cookies here";
  return relation === "cross_site"
    ? `${stores}, because it is on another site than "${origin()}". List this origin in its origins, serve both under one domain, or use mode: "token" with refreshIn: "body".`
    : `${stores}, although it is on the same site. Check that the browser allows cookies, that credentials is "include", and that no proxy removes Set-Cookie.`;
}

function origin(): string {
  return globalThis.location?.origin ?? "";
}
