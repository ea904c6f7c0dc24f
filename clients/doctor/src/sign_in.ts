import type { Visit } from "./browsers/kinds.js";
import type { Plan } from "./plan.js";

/** What became of one sign-in, as the page saw it. */
export interface Attempt {
  readonly signedIn: boolean;
  readonly kept: boolean;
  /** What the page was told when it went wrong first; `undefined` if it did not. */
  readonly said: string | undefined;
}

interface Call {
  readonly url: string;
  readonly method: string;
  readonly body?: string;
}

/** The status, 0 if the page may not know it, and what was said of a failure. */
interface Told {
  readonly status: number;
  readonly said: string;
}

/** Runs in the page. */
async function ask({ url, method, body }: Call): Promise<Told> {
  const content =
    body === undefined ? {} : { body, headers: { "content-type": "application/json" } };
  try {
    const answer = await fetch(url, { method, credentials: "include", ...content });
    const problem = (await answer.json().catch(() => null)) as { code?: unknown } | null;
    const code = typeof problem?.code === "string" ? ` ${problem.code}` : "";
    return { status: answer.status, said: `${answer.status}${code}` };
  } catch (error) {
    return { status: 0, said: String(error) };
  }
}

const isFine = ({ status }: Told): boolean => status >= 200 && status < 300;

/** Signs in on the page, reads the session, reloads the page, and reads the session again. */
export async function signIn(visit: Visit, plan: Plan): Promise<Attempt> {
  const signIn = { url: plan.api + plan.path, method: "POST" };
  const next = { url: plan.api + plan.next, method: "GET" };
  const fails = (call: Call, { said }: Told): string =>
    `${call.method} ${new URL(call.url).pathname}: ${said}`;
  const accepted = await visit.run(ask, { ...signIn, body: plan.user.body });
  if (!isFine(accepted)) return { signedIn: false, kept: false, said: fails(signIn, accepted) };
  const shown = await visit.run(ask, next);
  await visit.reload();
  const kept = await visit.run(ask, next);
  // The session of Bifrons ends with the check; how other APIs end one is not known.
  if (plan.path === plan.next) await visit.run(ask, { ...next, method: "DELETE" });
  const wrong = [shown, kept].find((told) => !isFine(told));
  return {
    signedIn: isFine(shown),
    kept: isFine(kept),
    said: wrong && fails(next, wrong),
  };
}
