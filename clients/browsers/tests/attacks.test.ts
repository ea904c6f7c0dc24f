// What pages that mean harm can do to a signed-in user: a page on another site, and a page
// on a sibling host, whose requests do carry SameSite=Lax cookies.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ask,
  crowd,
  frame,
  framesWithinReach,
  postForm,
  postSilently,
  SILENT,
  spy,
  toss,
} from "./support/attacker.js";
import { BROWSERS, IS_WHOLE, KINDS, type Tab, type Visitor } from "./support/browser.js";
import { direct, fetchLocally, signedIn } from "./support/direct.js";
import { type Pages, servePages } from "./support/pages.js";
import { ADA, MALLORY } from "./support/people.js";
import { type Service, startService } from "./support/service.js";
import { signIn, whoAmI } from "./support/using_client.js";
import { visitorsOf } from "./support/visitor.js";
import { NOTHING, withinReachOfScripts } from "./support/within_reach.js";

let pages: Pages;
let admin: string;
let elsewhere: string;
/** Pages that are not listed. */
let sibling: string;
let stranger: string;
/** One with SameSite=Lax cookies, and one with SameSite=None, because a frontend is elsewhere. */
let lax: Service;
let none: Service;

beforeAll(async () => {
  pages = await servePages();
  admin = pages.at("admin.jazzmeet.site");
  elsewhere = pages.at("jazzmeet-admin.site");
  sibling = pages.at("blog.jazzmeet.site");
  stranger = pages.at("jazzmeet-prizes.site");
  lax = await startService([admin]);
  none = await startService([admin, elsewhere]);
  for (const { origin } of [lax, none]) {
    await direct(origin).registerUser(ADA);
    await direct(origin).registerUser(MALLORY);
  }
});
afterAll(async () => {
  await lax?.stop();
  await none?.stop();
  pages?.stop();
});

const TARGETS = [
  { target: "SameSite=Lax", service: () => lax, frontends: () => [admin] },
  { target: "SameSite=None", service: () => none, frontends: () => [admin, elsewhere] },
];
const ATTACKERS = [
  { attacker: "a sibling host", page: () => sibling, carried: 200 },
  { attacker: "another site", page: () => stranger, carried: 401 },
];
/** Where the page lies that Chromium and Firefox show instead of what may not be framed. */
const REFUSED: unknown = expect.stringMatching(/^(chrome-error:|about:neterror)/);

// Where third-party cookies are blocked, less goes along with what an attacker sends.
describe.each(IS_WHOLE ? KINDS : BROWSERS)("$name", (kind) => {
  const arrive = visitorsOf(kind);
  let visitor: Visitor;
  beforeEach(async () => {
    visitor = await arrive();
  });

  describe.each(TARGETS)("cookies with $target", ({ service, frontends }) => {
    let api: string;
    let victim: Tab;
    beforeEach(async () => {
      api = service().origin;
      victim = await visitor.open(admin);
      expect(await signIn(victim, api)).toBe("cookie");
    });

    test("scripts find nothing to steal", async () => {
      for (const url of [...frontends(), `${api}/docs`]) {
        const tab = await visitor.open(url);
        if (url === elsewhere) expect(await signIn(tab, api)).toBe("cookie");
        expect(await tab.run(withinReachOfScripts, undefined), url).toEqual(NOTHING);
      }
    });

    test.each(ATTACKERS)(
      "forged requests from $attacker change nothing",
      async ({ page, carried }) => {
        const before = await stateOf(api);
        const attacker = await visitor.open(page());
        // Whether the session goes with what the page asks for.
        const asked = await service().record();
        await attacker.run(ask, api);
        expect(await asked()).toEqual([`GET /v1/session ${carried}`]);

        const answered = await service().record();
        const posts = async (): Promise<string[]> =>
          (await answered()).filter((line) => /^POST/.test(line));
        const expected: string[] = [];
        for (const path of TARGET_PATHS) {
          const refused = `POST ${path.replace(/\?.*/, "")} 403`;
          for (const type of ENCODINGS) {
            await attacker.run(postForm, { url: api + path, type, who: MALLORY });
          }
          await attacker.run(postSilently, { url: api + path, who: PLANTED });
          expected.push(...Array<string>(ENCODINGS.length + SILENT).fill(refused));
          await expect.poll(posts).toEqual(expected);
        }
        expect(await whoAmI(victim, api)).toBe(ADA.email);
        expect(await stateOf(api)).toEqual(before);
        const { problem } = await direct(api).signIn(PLANTED);
        expect(problem?.code).toBe("invalid_credentials");
      },
    );

    test.each(ATTACKERS)("a page of $attacker reads nothing", async ({ page }) => {
      const attacker = await visitor.open(page());
      expect(await attacker.run(spy, api)).toEqual({
        cors: "TypeError",
        noCors: "TypeError",
        script: "error",
        image: "error",
        popup: "out of reach",
      });
    });
  });

  test("neither the explorer nor an answer can be framed", async () => {
    const attacker = await visitor.open(sibling);
    const answered = await lax.record();
    await attacker.run(frame, [`${lax.origin}/docs`, `${lax.origin}/v1/session`, `${admin}/`]);
    // The last one lets itself be framed, and shows how it looks when that works.
    await expect
      .poll(async () => (await answered()).sort())
      .toEqual(["GET /docs 200", "GET /v1/session 401"]);
    // A frame that still turns into the browser's own page of refusal can't be read.
    await expect
      .poll(() => attacker.frames().catch(() => []))
      .toEqual([REFUSED, REFUSED, `${admin}/`]);
    expect(await attacker.run(framesWithinReach, undefined)).toBe(0);
  });

  describe("cookie tossing from a sibling", () => {
    /** Mallory's own session: a user who receives it acts as Mallory. */
    let planted: string;
    let attacker: Tab;
    let victim: Tab;
    beforeEach(async () => {
      planted = await cookieOf(lax.origin);
      attacker = await visitor.open(sibling);
      victim = await visitor.open(admin);
    });

    test("signs no user in as Mallory", async () => {
      const kept = await attacker.run(toss, planted);
      // The first is the sibling's own and goes nowhere else; the others are not what we look for.
      expect(kept).toEqual([
        "__Host-bifrons_session",
        "__Secure-bifrons_session",
        "bifrons_session",
      ]);
      expect(await whoAmI(victim, lax.origin)).toBe("unauthenticated");
    });

    test("takes no user's session over", async () => {
      expect(await signIn(victim, lax.origin)).toBe("cookie");
      await attacker.run(toss, planted);
      expect(await whoAmI(victim, lax.origin)).toBe(ADA.email);
      // Signing in again ends every session whose credential came with the request: the planted one too.
      expect(await signIn(victim, lax.origin)).toBe("cookie");
      expect(await whoAmI(victim, lax.origin)).toBe(ADA.email);
      expect((await sessionOf(lax.origin, planted)).status).toBe(401);
    });

    test("crowding the jar signs out at worst", async () => {
      expect(await signIn(victim, lax.origin)).toBe("cookie");
      await attacker.run(crowd, undefined);
      await attacker.run(toss, planted);
      expect([ADA.email, "unauthenticated"]).toContain(await whoAmI(victim, lax.origin));
    });
  });
});

/** What pages can be made to post to, without knowing anything. */
const TARGET_PATHS = ["/v1/session?_method=DELETE", "/v1/users", "/v1/tokens"];

const ENCODINGS = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

const PLANTED = { ...MALLORY, email: "planted@example.org" };

/** What the service holds of both people, asked without a browser. */
async function stateOf(api: string): Promise<unknown> {
  const state = [];
  for (const who of [ADA, MALLORY]) {
    const client = await signedIn(api, who);
    const me = await client.getMe();
    const sessions = await client.listSessions();
    state.push(
      me.data,
      sessions.data?.items.filter(({ current }) => !current),
    );
    await client.signOut();
  }
  return state;
}

/** Signs Mallory in without a browser, and keeps the cookie's value. */
async function cookieOf(api: string): Promise<string> {
  const { response } = await direct(api).signIn(MALLORY);
  const [cookie] = response.headers.getSetCookie();
  return cookie?.match(/^__Host-bifrons_session=(bfs_[^;]+)/)?.[1] ?? "";
}

function sessionOf(api: string, cookie: string): Promise<Response> {
  const headers = { cookie: `__Host-bifrons_session=${cookie}` };
  return fetchLocally(`${api}/v1/session`, { headers });
}
