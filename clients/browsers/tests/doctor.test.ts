// What `bifrons doctor` says of running APIs, held against the table in cells.json, which the browsers
// themselves are held against: the whole way, from the answer on the wire to the report.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Letter, letters, type Pair, TABLE } from "./support/cells.js";
import { type CookieApi, serveCookies } from "./support/cookie_api.js";
import { askDoctor, letterOf } from "./support/doctor.js";
import { startService } from "./support/service.js";

const FAMILIES = ["chromium", "chromium_blocking", "firefox", "safari_like"] as const;

test("the table has the doctor's families", () => {
  expect(TABLE.columns).toEqual(["cookie", ...FAMILIES]);
});

describe("of every cell", () => {
  let cookies: CookieApi;
  beforeAll(async () => {
    cookies = await serveCookies();
  });
  afterAll(() => cookies?.stop());

  test.each(TABLE.pairs)("$frontend → $api", async (pair) => {
    const api = cookies.api(pair.api);
    const frontend = pair.frontend === pair.api ? api : cookies.frontend(pair.frontend);
    // All cookies at once, each under a name of its own.
    const headers = pair.rows.map(([cookie], at) => cookie.replace("=", `${at}=`));
    const options = ["--path", "/v1/set", "--next", "/v1/sent", "--body", JSON.stringify(headers)];
    const report = await askDoctor(api, [frontend], ...options);
    expect(report.cookies_from).toBe("sign_in");
    expect(report.frontends.map(({ origin }) => origin)).toEqual([frontend]);

    const said = new Map(
      report.frontends[0]?.cookies.map((cookie) => [`${cookie.family} ${cookie.name}`, cookie]),
    );
    expect(said.size).toBe(FAMILIES.length * headers.length);
    for (const family of FAMILIES) {
      const verdicts = pair.rows.map(([cookie], at) => {
        const verdict = said.get(`${family} ${headers[at]?.split("=")[0]}`);
        return [cookie, verdict && letterOf(verdict)];
      });
      expect(Object.fromEntries(verdicts), family).toEqual(letters(pair, family));
    }
  });
});

describe("of the service itself, which derives the cookie", () => {
  const ADMIN = "https://admin.jazzmeet.site";
  const ELSEWHERE = "https://jazzmeet-admin.site";
  const LAX = "sid=x; Path=/; HttpOnly; Secure; SameSite=Lax";
  const PARTITIONED = "sid=x; Path=/; HttpOnly; Secure; SameSite=None; Partitioned";

  test.each([
    { origins: [ADMIN], cookie: LAX, works: true },
    { origins: [ADMIN, ELSEWHERE], cookie: PARTITIONED, works: false },
  ])("for $origins", async ({ origins, cookie, works }) => {
    const service = await startService(origins);
    try {
      const report = await askDoctor(service.origin, origins);
      expect(report).toMatchObject({ works, cookies_from: "probe" });
      expect(report.frontends.map(({ origin }) => origin)).toEqual(origins);
      for (const { origin, relation, cookies, ...frontend } of report.frontends) {
        const here = origin === ADMIN;
        expect([relation, frontend.works]).toEqual([here ? "same_site" : "cross_site", here]);
        const said = Object.fromEntries(cookies.map((verdict) => [verdict.family, verdict]));
        for (const family of FAMILIES) {
          const verdict = said[family];
          expect(verdict && letterOf(verdict), family).toBe(inTable(origin, cookie, family));
        }
      }
    } finally {
      await service.stop();
    }
  });

  function inTable(frontend: string, cookie: string, family: (typeof FAMILIES)[number]): Letter {
    const isAsked = (pair: Pair): boolean =>
      pair.frontend === frontend && pair.api === "https://api.jazzmeet.site";
    const pair = TABLE.pairs.find(isAsked);
    const letter = pair && letters(pair, family)[cookie];
    if (!letter) throw new Error(`The table has no ${cookie} for ${frontend}`);
    return letter;
  }
});
