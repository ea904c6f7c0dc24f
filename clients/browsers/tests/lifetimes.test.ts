// Which lifetimes a browser takes for expired, and what the doctor says of them: dates in every form that
// servers write, and numbers that overflow.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KINDS } from "./support/browser.js";
import { type CookieApi, serveCookies } from "./support/cookie_api.js";
import { askDoctor } from "./support/doctor.js";
import { visitorsOf } from "./support/visitor.js";

/** Each lifetime, and whether a cookie with it is kept. */
const LIFETIMES: readonly (readonly [lifetime: string, kept: boolean])[] = [
  ["Max-Age=60", true],
  ["Max-Age=0", false],
  ["Max-Age=-1", false],
  ["Max-Age=99999999999999999999", true],
  ["Max-Age=-99999999999999999999", false],
  ["Max-Age=soon", true],
  ["Max-Age=", true],
  ["Expires=Thu, 01 Jan 1970 00:00:00 GMT", false],
  ["Expires=Thu, 01-Jan-70 00:00:00 GMT", false],
  ["Expires=Mon, 01 Jan 0001 00:00:00 GMT", false],
  ["Expires=Wed, 01 Jan 2020 00:00:00 GMT", false],
  ["Expires=Wed Jan  1 00:00:00 2020", false],
  ["Expires=Fri, 31 Dec 9999 23:59:59 GMT", true],
  ["Expires=0", true],
  ["Expires=tomorrow", true],
  ["Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", true],
  ["Expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=0", false],
  ["Max-Age=soon; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false],
];

const API = "https://api.jazzmeet.site";
const headers = LIFETIMES.map(([lifetime], at) => `sid${at}=x; Path=/; Secure; ${lifetime}`);
const kept = Object.fromEntries(LIFETIMES);

let cookies: CookieApi;
beforeAll(async () => {
  cookies = await serveCookies();
});
afterAll(() => cookies?.stop());

describe.each(KINDS)("$name", (kind) => {
  const arrive = visitorsOf(kind);

  test("keeps a cookie for as long as it says", async () => {
    const page = await (await arrive()).open(cookies.api(API));
    const names = await page.run(async (headers) => {
      const json = { "content-type": "application/json" };
      await fetch("/v1/set", { method: "POST", headers: json, body: JSON.stringify(headers) });
      return (await (await fetch("/v1/sent")).json()) as string[];
    }, headers);
    const seen = LIFETIMES.map(([lifetime], at) => [lifetime, names.includes(`sid${at}`)]);
    expect(Object.fromEntries(seen)).toEqual(kept);
  });
});

test("the doctor says the same", async () => {
  const api = cookies.api(API);
  for (const [at, [lifetime, stays]] of LIFETIMES.entries()) {
    const body = JSON.stringify([headers[at]]);
    const report = await askDoctor(
      api,
      [api],
      "--path",
      "/v1/set",
      "--next",
      "/v1/sent",
      "--body",
      body,
    );
    const stored = report.frontends[0]?.cookies.map(({ stored }) => stored);
    expect(stored, lifetime).toEqual([stays, stays, stays, stays]);
  }
});
