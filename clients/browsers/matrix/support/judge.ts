import type { Page } from "../../tests/support/browser.js";
import { ADA } from "../../tests/support/people.js";
import { apiOf, type Logged, type Resolved } from "./server.js";
import type { Variant } from "./variants.js";

/** What became of a sign-in and of the next call: in a browser, or in the doctor's opinion. */
export interface Outcome {
  /** The browser sent the sign-in. */
  readonly sign_in_sent: boolean;
  /** The page could read its answer. */
  readonly sign_in_readable: boolean;
  /** The next call went out with the cookie. null: it cannot be known. */
  readonly cookie_sent: boolean | null;
  /** The page could read the next answer. */
  readonly next_readable: boolean;
}

/** The sign-in of every server. */
export const BODY: string = JSON.stringify(ADA);

interface Asked {
  readonly api: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: RequestCredentials;
  readonly body: string;
}

/** Lets a page sign in to each API and make the next call, as the code of a frontend does. */
export async function askFrom(
  page: Page,
  variants: readonly (readonly [Variant, Resolved])[],
): Promise<readonly { signIn: boolean; next: boolean }[]> {
  const asked: Asked[] = variants.map(([variant, resolved]) => ({
    api: apiOf(resolved),
    method: resolved.method,
    headers: variant.headers ?? {},
    credentials: variant.careless ? "same-origin" : "include",
    body: BODY,
  }));
  return page.run(async (asked) => {
    const readable = (answer: Promise<Response>): Promise<boolean> =>
      answer.then(
        () => true,
        () => false,
      );
    const results: { signIn: boolean; next: boolean }[] = [];
    for (const { api, method, headers, credentials, body } of asked) {
      const json = { ...headers, "content-type": "application/json" };
      const signIn = await readable(
        fetch(`${api}/login`, { method, headers: json, body, credentials }),
      );
      const next = await readable(fetch(`${api}/me`, { headers, credentials }));
      results.push({ signIn, next });
    }
    return results;
  }, asked);
}

/** The outcome for one variant: what the page could read, and what the server saw. */
export function outcomeOf(
  { port, method, cookie_name }: Resolved,
  read: { signIn: boolean; next: boolean },
  log: readonly Logged[],
): Outcome {
  const here = log.filter((call) => call.port === port);
  const next = here.filter((call) => call.path === "/me" && call.method === "GET");
  return {
    sign_in_sent: here.some((call) => call.path === "/login" && call.method === method),
    sign_in_readable: read.signIn,
    cookie_sent: next.some(({ cookies }) => cookies.includes(cookie_name)),
    next_readable: read.next,
  };
}

export const works = (outcome: Outcome): boolean | null =>
  outcome.cookie_sent === null
    ? null
    : outcome.sign_in_sent &&
      outcome.sign_in_readable &&
      outcome.cookie_sent &&
      outcome.next_readable;
