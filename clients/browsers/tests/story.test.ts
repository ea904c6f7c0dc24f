// Two teams lost days to "the answer has Set-Cookie, but the browser does not store it". This is what
// happened to them, in each browser and from each place where a frontend may live, and what happens
// to those who use the client.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KINDS, STAND_INS, type Tab, type Visitor } from "./support/browser.js";
import { direct } from "./support/direct.js";
import { type Pages, servePages } from "./support/pages.js";
import { ADA } from "./support/people.js";
import { type Service, startService } from "./support/service.js";
import {
  IN_COOKIE,
  issueInCookie,
  openWithClient,
  refresh,
  reload,
  signIn,
  signOut,
  useTokens,
  whoAmI,
} from "./support/using_client.js";
import { visitorsOf } from "./support/visitor.js";

let pages: Pages;
let admin: string;
let elsewhere: string;
/** The API of a team whose frontends are all on its own site, and one with a frontend elsewhere. */
let oneSite: Service;
let twoSites: Service;

beforeAll(async () => {
  pages = await servePages();
  admin = pages.at("admin.jazzmeet.site");
  elsewhere = pages.at("jazzmeet-admin.site");
  oneSite = await startService([admin]);
  twoSites = await startService([admin, elsewhere]);
  for (const { origin } of [oneSite, twoSites]) await direct(origin).registerUser(ADA);
});
afterAll(async () => {
  await oneSite?.stop();
  await twoSites?.stop();
  pages?.stop();
});

/** The API's own page: the explorer. */
const own = (service: Service): string => `${service.origin}/docs`;

const PLACES = [
  { place: "the API's own origin", page: () => own(oneSite), service: () => oneSite },
  { place: "another host of the site", page: () => admin, service: () => oneSite },
  { place: "the site, beside a stranger", page: () => admin, service: () => twoSites },
  { place: "another site", page: () => elsewhere, service: () => twoSites },
];

describe.each(KINDS)("$name", (kind) => {
  const arrive = visitorsOf(kind);
  let visitor: Visitor;
  beforeEach(async () => {
    visitor = await arrive();
  });

  describe.each(PLACES)("a frontend on $place", ({ page, service }) => {
    let api: string;
    let tab: Tab;
    beforeEach(async () => {
      api = service().origin;
      tab = await openWithClient(visitor, page());
    });

    test("with plain fetch: the answer has Set-Cookie, and only the API's own pages keep it", async () => {
      const status = await tab.run(
        async ({ api, who }) => {
          const answer = await fetch(`${api}/v1/session`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(who),
          });
          return answer.status;
        },
        { api, who: ADA },
      );
      expect(status).toBe(200);
      expect(await tab.setCookies()).toEqual([
        expect.stringMatching(/^__Host-bifrons_session=bfs_/),
        // By which the service knows the device again.
        expect.stringMatching(/^__Host-bifrons_device=bfd_/),
      ]);

      const known = new URL(page()).origin === api;
      // Asked with credentials now, so that what was stored would be sent.
      expect(await whoAmI(tab, api)).toBe(known ? ADA.email : "unauthenticated");
      await reload(tab);
      expect(await whoAmI(tab, api)).toBe(known ? ADA.email : "unauthenticated");
    });

    test("with the client: signs in, reloads, signs out", async () => {
      expect(await whoAmI(tab, api)).toBe("unauthenticated");
      expect(await signIn(tab, api)).toBe("cookie");
      expect(await whoAmI(tab, api)).toBe(ADA.email);

      await reload(tab);
      expect(await whoAmI(tab, api)).toBe(ADA.email);
      expect(await whoAmI(await openWithClient(visitor, page()), api), "a second tab").toBe(
        ADA.email,
      );

      expect(await signOut(tab, api)).toBe(204);
      expect(await whoAmI(tab, api)).toBe("unauthenticated");
      await reload(tab);
      expect(await whoAmI(tab, api)).toBe("unauthenticated");
    });

    test("with the client and tokens: refreshes by cookie across reloads, until it signs out", async () => {
      expect(await issueInCookie(tab, api)).toEqual(IN_COOKIE);

      for (let round = 1; round <= 2; round += 1) {
        // What the page had in memory is gone.
        await reload(tab);
        expect(await refresh(tab, api)).toEqual({ mode: "token", email: ADA.email });
      }
      expect(await signOut(tab, api)).toBe(204);
      expect(await refresh(tab, api)).toBe("invalid_refresh_token");
    });
  });

  test("one sign-in is good for all of the API's site", async () => {
    const frontend = await openWithClient(visitor, admin);
    const explorer = await openWithClient(visitor, own(oneSite));
    await signIn(frontend, oneSite.origin);
    expect(await whoAmI(explorer, oneSite.origin)).toBe(ADA.email);
    await signOut(explorer, oneSite.origin);
    expect(await whoAmI(frontend, oneSite.origin)).toBe("unauthenticated");
  });

  test("a frontend on another site signs in for itself", async () => {
    const stranger = await openWithClient(visitor, elsewhere);
    const frontend = await openWithClient(visitor, admin);
    await signIn(stranger, twoSites.origin);
    expect(await whoAmI(frontend, twoSites.origin)).toBe("unauthenticated");
    await signIn(frontend, twoSites.origin);
    await signOut(stranger, twoSites.origin);
    expect(await whoAmI(frontend, twoSites.origin)).toBe(ADA.email);
  });

  test("a frontend on a developer's machine: no cookie is kept, and token mode works", async () => {
    const tab = await openWithClient(visitor, pages.local);
    const api = oneSite.origin;
    const byCookie = await tab.run(
      ({ api, who }) => bifrons.createClient({ baseUrl: api }).signIn(who).then(String, String),
      { api, who: ADA },
    );
    expect(byCookie, "no credentials from there").toMatch(/^TypeError/);
    const byBearer = await tab.run(
      async ({ api, who }) => {
        const client = bifrons.createClient({ baseUrl: api, mode: "token", refreshIn: "body" });
        const { data } = await client.signIn(who);
        const mode = data?.status === "signed-in" ? data.session.mode : undefined;
        const email = (await client.getSession()).data?.user.email;
        const { status } = (await client.signOut()).response;
        return { mode, email, status, afterwards: (await client.getSession()).problem?.code };
      },
      { api, who: ADA },
    );
    expect(byBearer).toEqual({
      mode: "token",
      email: ADA.email,
      status: 204,
      afterwards: "unauthenticated",
    });
    await reload(tab);
    expect(await whoAmI(await openWithClient(visitor, admin), api)).toBe("unauthenticated");
  });

  test("a frontend that is not listed gets nothing", async () => {
    const stranger = await openWithClient(visitor, elsewhere);
    const answered = await oneSite.record();
    const failure = await stranger.run(
      ({ api, who }) => bifrons.createClient({ baseUrl: api }).signIn(who).then(String, String),
      { api: oneSite.origin, who: ADA },
    );
    expect(failure).toMatch(/^TypeError/);
    const asked = (await answered()).filter((line) => line.includes(" /v1/session "));
    expect(asked, "the preflight alone: the password never left the page").toEqual([
      "OPTIONS /v1/session 204",
    ]);
  });
});

// The same, in short.
describe.each(STAND_INS)("$name", (kind) => {
  const arrive = visitorsOf(kind);

  test.each(PLACES.slice(0, -1))(
    "a frontend on $place: signs in, reloads, signs out",
    async ({ page, service }) => {
      const api = service().origin;
      const tab = await openWithClient(await arrive(), page());
      expect(await whoAmI(tab, api)).toBe("unauthenticated");
      expect(await signIn(tab, api)).toBe("cookie");
      expect(await whoAmI(tab, api)).toBe(ADA.email);
      await reload(tab);
      expect(await whoAmI(tab, api)).toBe(ADA.email);
      expect(await signOut(tab, api)).toBe(204);
      await reload(tab);
      expect(await whoAmI(tab, api)).toBe("unauthenticated");
    },
  );

  test("a frontend on another site: no cookie is kept, and tokens in memory work", async () => {
    const api = twoSites.origin;
    const tab = await openWithClient(await arrive(), elsewhere);
    expect(await signIn(tab, api)).toBe("cookie");
    expect(await whoAmI(tab, api)).toBe("unauthenticated");
    expect(await issueInCookie(tab, api)).toEqual(IN_COOKIE);
    expect(await refresh(tab, api)).toBe("invalid_refresh_token");
    expect(await useTokens(tab, api)).toEqual({
      email: ADA.email,
      refreshed: ADA.email,
      signedOut: 204,
      afterwards: "invalid_refresh_token",
    });
  });
});
