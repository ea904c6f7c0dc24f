import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../../src/index.js";
import { cookieFetch } from "./cookies.js";
import type { Site } from "./environment.js";

const password = "correct horse battery staple";
const PEOPLE = Array.from({ length: 8 }, (_, number) => `person${number}@example.org`);
/** A user of the sites. */
export const ADA: { readonly email: string; readonly password: string } = {
  email: PEOPLE[0] ?? "",
  password,
};

/** What a page says to a visitor who is not signed in. */
const STRANGER = "Sign in first";

/** Makes the accounts that the tests sign in to. */
export async function signPeopleUp(baseUrl: string): Promise<void> {
  for (const email of PEOPLE) {
    await createClient({ baseUrl }).registerUser({ email, password });
  }
}

/** A visitor's browser, with its own cookies. */
interface Visitor {
  /** Whose page it is. */
  see(): Promise<string | undefined>;
  /** Sends the form for signing in, from a page of that kind of site; gives the status. */
  signIn(email: string, from?: string): Promise<number>;
  signOut(): Promise<number>;
}

function visitor({ origin, fetch: send }: Site): Visitor {
  const { fetch } = cookieFetch(send);
  const ask = (path: string, method = "GET", from = "same-origin", body?: URLSearchParams) =>
    fetch(origin + path, {
      method,
      body: body ?? null,
      redirect: "manual",
      headers: {
        "sec-fetch-site": from,
        origin: from === "same-origin" ? origin : "https://elsewhere.example",
      },
    });
  return {
    // Vue and React mark the parts of a text with comments.
    see: async () =>
      /<main[^>]*>(.*)<\/main>/
        .exec(await (await ask("/")).text())?.[1]
        ?.replace(/<!--.*?-->/g, ""),
    signIn: async (email, from) =>
      (await ask("/session", "POST", from, new URLSearchParams({ email, password }))).status,
    signOut: async () => (await ask("/session", "DELETE")).status,
  };
}

/** How long it may take to install and build a site. */
const STARTING_MS = 240_000;

/** Tests of a server-rendered site of either kind, and those that only it has. */
export function describeSite(
  name: string,
  start: () => Promise<Site>,
  describeMore?: (site: () => Site) => void,
): void {
  describe(name, () => {
    let site: Site;
    beforeAll(async () => {
      site = await start();
    }, STARTING_MS);
    afterAll(() => site?.stop());

    test("sign in, come again, sign out", async () => {
      const ada = visitor(site);
      expect(await ada.see()).toBe(STRANGER);
      expect(await ada.signIn(ADA.email)).toBeLessThan(400);
      expect(await ada.see()).toBe(ADA.email);
      expect(await ada.signOut()).toBeLessThan(400);
      expect(await ada.see()).toBe(STRANGER);
    });

    test("a form of another site signs no user in", async () => {
      const ada = visitor(site);
      expect(await ada.signIn(ADA.email, "cross-site")).toBe(403);
      expect(await ada.see()).toBe(STRANGER);
    });

    test("requests in parallel never mix users", async () => {
      const stranger = visitor(site);
      const people = await Promise.all(
        PEOPLE.map(async (email) => {
          const person = visitor(site);
          await person.signIn(email);
          return { person, email };
        }),
      );
      const rounds = Array.from({ length: 10 }, () => people).flat();
      const pages = rounds.flatMap(({ person, email }) => [
        person.see().then((page) => expect(page).toBe(email)),
        stranger.see().then((page) => expect(page).toBe(STRANGER)),
      ]);
      await Promise.all(pages);
    });

    describeMore?.(() => site);
  });
}
