// What browsers do with each kind of cookie, from each place where a frontend may live: the table in
// cells.json, which the service's own rules are held against too. The judge is the server: what
// counts is which cookies it is sent.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KINDS, type Kind, type Page, STAND_INS, type Visitor } from "./support/browser.js";
import { judged, knowsSizes, type Letter, letters, TABLE } from "./support/cells.js";
import { type CookieApi, serveCookies } from "./support/cookie_api.js";
import { visitorsOf } from "./support/visitor.js";

let cookies: CookieApi;
beforeAll(async () => {
  cookies = await serveCookies();
});
afterAll(() => cookies?.stop());

describe.each<Kind<Page>>([...KINDS, ...STAND_INS])("$name", (kind) => {
  const { family } = kind;
  const arrive = visitorsOf(kind);

  test.each(judged(TABLE.pairs, family))("$frontend → $api", async (pair) => {
    const expected = letters(pair, family);
    const seen = await outcome(await arrive(), pair.api, pair.frontend, Object.keys(expected));
    expect(seen).toEqual(expected);
  });

  const sizes: [number, Letter][] = [
    [4096, "Y"],
    [4097, "-"],
  ];
  test.each(knowsSizes(family) ? sizes : [])("name and value of %i bytes", async (size, letter) => {
    const origin = "https://api.jazzmeet.site";
    const cookie = `sid=${"x".repeat(size - "sid0".length)}; Path=/; Secure; SameSite=Lax`;
    expect(Object.values(await outcome(await arrive(), origin, origin, [cookie]))).toEqual([
      letter,
    ]);
  });
});

/**
 * Lets a page of the frontend ask the API for all the cookies at once, each under a name of its own,
 * and sees which of them come back: to the same page, and to the API's own.
 */
async function outcome(
  visitor: Visitor<Page>,
  apiOrigin: string,
  frontendOrigin: string,
  headers: readonly string[],
): Promise<Record<string, Letter | "never sent">> {
  const api = cookies.api(apiOrigin);
  const frontend = frontendOrigin === apiOrigin ? api : cookies.frontend(frontendOrigin);
  const page = await visitor.open(frontend);
  expect(
    await page.run(() => location.origin, undefined),
    "the browser did not upgrade it to https",
  ).toBe(frontend);

  const renamed = (suffix: string): string[] =>
    headers.map((header, at) => header.replace("=", `${at}${suffix}=`));
  if (!(await set(page, api, renamed(""), "include"))) {
    expect(`${frontend} ${api}`, "blocked as mixed content").toMatch(/^https:.* http:/);
    return Object.fromEntries(headers.map((header) => [header, "-"]));
  }
  if (frontend !== api) await set(page, api, renamed(WITHOUT), "same-origin");
  const fromPage = await sent(page, api);
  const fromApi = await sent(await visitor.open(api), api);

  const unasked = [...fromPage, ...fromApi].filter((name) => name.endsWith(WITHOUT));
  expect(unasked, "across origins nothing is stored without credentials").toEqual([]);
  const letters = renamed("").map((header) => {
    const name = header.split("=")[0] ?? "";
    if (fromPage.includes(name)) return fromApi.includes(name) ? "Y" : "P";
    return fromApi.includes(name) ? "never sent" : "-";
  });
  return Object.fromEntries(headers.map((header, at) => [header, letters[at] ?? "-"]));
}

const WITHOUT = "-without";

/** Whether the browser lets the page call at all. */
function set(
  page: Page,
  api: string,
  cookies: readonly string[],
  credentials: RequestCredentials,
): Promise<boolean> {
  return page.run(
    ({ api, cookies, credentials }) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(cookies);
      const asked = fetch(`${api}/v1/set`, { method: "POST", headers, body, credentials });
      return asked.then(
        ({ ok }) => ok,
        () => false,
      );
    },
    { api, cookies, credentials },
  );
}

function sent(page: Page, api: string): Promise<string[]> {
  return page.run(async (api) => {
    const answer = await fetch(`${api}/v1/sent`, { credentials: "include" });
    return (await answer.json()) as string[];
  }, api);
}
