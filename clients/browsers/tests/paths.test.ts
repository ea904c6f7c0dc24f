// Which calls a cookie goes along with: by its path, or without one by the path of the call that sets it.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KINDS } from "./support/browser.js";
import { type CookieApi, serveCookies } from "./support/cookie_api.js";
import { askDoctor } from "./support/doctor.js";
import { visitorsOf } from "./support/visitor.js";

/** Each path of a cookie that `/v1/set` sets, and whether it goes along to `/v1/sent` and to `/sent`. */
const PATHS: readonly (readonly [path: string, below: boolean, above: boolean])[] = [
  ["", true, false],
  ["; Path=/", true, true],
  ["; Path=/v1", true, false],
  ["; Path=/v1/", true, false],
  ["; Path=/v1/set", false, false],
  ["; Path=/v", false, false],
  ["; Path=", true, false],
  ["; Path=v1/set", true, false],
  ["; Path=/v1/set; Path=/", true, true],
  ["; Path=/sent", false, true],
  ["; Path=/, other=x", false, false],
];

const API = "https://api.jazzmeet.site";
const cookies = PATHS.map(([path], at) => `sid${at}=x; HttpOnly; Secure${path}`);
const expected = (column: 1 | 2): string[] =>
  PATHS.flatMap((row, at) => (row[column] ? [`sid${at}`] : []));

let api: CookieApi;
beforeAll(async () => {
  api = await serveCookies();
});
afterAll(() => api?.stop());

describe.each(KINDS)("$name", (kind) => {
  const arrive = visitorsOf(kind);

  test("sends a cookie where its path says", async () => {
    const page = await (await arrive()).open(api.api(API));
    const sent = await page.run(async (cookies) => {
      const headers = { "content-type": "application/json" };
      await fetch("/v1/set", { method: "POST", headers, body: JSON.stringify(cookies) });
      const names = async (path: string): Promise<string[]> => (await fetch(path)).json();
      return [(await names("/v1/sent")).sort(), (await names("/sent")).sort()];
    }, cookies);
    expect(sent).toEqual([expected(1).sort(), expected(2).sort()]);
  });
});

test.each([
  ["/v1/sent", 1],
  ["/sent", 2],
] as const)("the doctor says the same of %s", async (next, column) => {
  const origin = api.api(API);
  const body = ["--body", JSON.stringify(cookies)];
  const report = await askDoctor(origin, [origin], "--path", "/v1/set", "--next", next, ...body);
  const said = report.frontends[0]?.cookies.filter(({ family }) => family === "chromium") ?? [];
  expect(said.flatMap(({ name, sent }) => (sent ? [name] : []))).toEqual(expected(column));
});
