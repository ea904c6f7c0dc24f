// What browsers do with each kind of cookie, from each place where a frontend may live: the table in
// cells.json, which the service's own rules are held against too. The judge is the server: what
// counts is which cookies it is sent.

import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Browser, KINDS, type Tab, type Visitor } from "./support/browser.js";
import { type CookieApi, serveCookies } from "./support/cookie_api.js";

/** Y: stored in the API's own jar. P: in a jar for the frontend's site alone. -: refused. */
type Letter = "Y" | "P" | "-";

interface Table {
  readonly columns: readonly string[];
  readonly pairs: readonly {
    readonly api: string;
    readonly frontend: string;
    readonly rows: readonly (readonly [cookie: string, ...letters: Letter[]])[];
  }[];
}

const TABLE = JSON.parse(readFileSync("cells.json", "utf8")) as Table;

let cookies: CookieApi;
beforeAll(async () => {
  cookies = await serveCookies();
});
afterAll(() => cookies?.stop());

describe.each(KINDS)("$name", ({ family, start }) => {
  const column = TABLE.columns.indexOf(family);
  let browser: Browser;
  beforeAll(async () => {
    browser = await start();
  });
  afterAll(() => browser?.stop());

  let visitor: Visitor;
  beforeEach(async () => {
    visitor = await browser.visitor();
  });
  afterEach(() => visitor?.leave());

  test.each(TABLE.pairs)("$frontend → $api", async ({ api, frontend, rows }) => {
    const seen = await outcome(visitor, api, frontend, rows.map(first));
    expect(seen).toEqual(Object.fromEntries(rows.map((row) => [row[0], row[column]])));
  });

  test.each([
    [4096, "Y"],
    [4097, "-"],
  ])("name and value of %i bytes", async (size, letter) => {
    const origin = "https://api.jazzmeet.site";
    const cookie = `sid=${"x".repeat(size - "sid0".length)}; Path=/; Secure; SameSite=Lax`;
    expect(Object.values(await outcome(visitor, origin, origin, [cookie]))).toEqual([letter]);
  });
});

const first = ([cookie]: readonly [string, ...unknown[]]): string => cookie;

/**
 * Lets a page of the frontend ask the API for all the cookies at once, each under a name of its own,
 * and sees which of them come back: to the same page, and to the API's own.
 */
async function outcome(
  visitor: Visitor,
  apiOrigin: string,
  frontendOrigin: string,
  headers: readonly string[],
): Promise<Record<string, Letter | "never sent">> {
  const api = cookies.api(apiOrigin);
  const frontend = frontendOrigin === apiOrigin ? api : cookies.frontend(frontendOrigin);
  const page = await visitor.open(frontend);
  expect(await page.run(() => location.origin, undefined), "nobody upgraded it").toBe(frontend);

  const renamed = (suffix: string): string[] =>
    headers.map((header, at) => header.replace("=", `${at}${suffix}=`));
  await set(page, api, renamed(""), "include");
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

function set(
  page: Tab,
  api: string,
  cookies: readonly string[],
  credentials: RequestCredentials,
): Promise<void> {
  return page.run(
    async ({ api, cookies, credentials }) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(cookies);
      await fetch(`${api}/v1/set`, { method: "POST", headers, body, credentials });
    },
    { api, cookies, credentials },
  );
}

function sent(page: Tab, api: string): Promise<string[]> {
  return page.run(async (api) => {
    const answer = await fetch(`${api}/v1/sent`, { credentials: "include" });
    return (await answer.json()) as string[];
  }, api);
}
