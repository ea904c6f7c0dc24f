// What pages that mean harm can do to somebody who is signed in: a page on another site, and a page
// on a sibling host, whose requests do carry SameSite=Lax cookies.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Browser, KINDS, type Tab, type Visitor } from "./support/browser.js";
import { direct, fetchLocally } from "./support/direct.js";
import { type Pages, servePages } from "./support/pages.js";
import { ADA, MALLORY } from "./support/people.js";
import { type Service, startService } from "./support/service.js";

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

describe.each(KINDS)("$name", ({ start }) => {
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

  describe.each(TARGETS)("cookies with $target", ({ service, frontends }) => {
    let api: string;
    let victim: Tab;
    beforeEach(async () => {
      api = service().origin;
      victim = await visitor.open(admin);
      await signIn(victim, api);
    });

    test("scripts find nothing to steal", async () => {
      for (const url of [...frontends(), `${api}/docs`]) {
        const tab = await visitor.open(url);
        if (url === elsewhere) await signIn(tab, api);
        expect(await withinReach(tab), url).toEqual(NOTHING);
      }
    });

    test.each(ATTACKERS)(
      "forged requests from $attacker change nothing",
      async ({ page, carried }) => {
        const before = await stateOf(api);
        const attacker = await visitor.open(page());
        // Whether the session goes with what the page asks for.
        const asked = service().log.length;
        await attacker.run(ask, api);
        await expect.poll(() => service().log.slice(asked)).toEqual([`GET /v1/session ${carried}`]);

        const begun = service().log.length;
        const posts = (): string[] =>
          service()
            .log.slice(begun)
            .filter((line) => /^POST/.test(line));
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
    const begun = lax.log.length;
    await attacker.run(frame, [`${lax.origin}/docs`, `${lax.origin}/v1/session`, `${admin}/`]);
    // The last one lets itself be framed, and shows how it looks when that works.
    await expect
      .poll(() => lax.log.slice(begun).sort())
      .toEqual(["GET /docs 200", "GET /v1/session 401"]);
    const [explorer, answer, harmless] = await attacker.frames();
    expect(harmless).toContain("A page");
    for (const text of [explorer, answer]) expect(text).not.toMatch(/bifrons|sign in/i);
    expect(await attacker.run(framesWithinReach, undefined)).toBe(0);
  });

  describe("cookie tossing from a sibling", () => {
    /** Mallory's own session: whoever is given it acts as Mallory. */
    let planted: string;
    let attacker: Tab;
    let victim: Tab;
    beforeEach(async () => {
      planted = await cookieOf(lax.origin);
      attacker = await visitor.open(sibling);
      victim = await visitor.open(admin);
    });

    test("makes nobody Mallory", async () => {
      const kept = await attacker.run(toss, planted);
      // The first is the sibling's own and goes nowhere else; the others are not what we look for.
      expect(kept).toEqual([
        "__Host-bifrons_session",
        "__Secure-bifrons_session",
        "bifrons_session",
      ]);
      expect(await whoAmI(victim, lax.origin)).toBe("unauthenticated");
    });

    test("takes nobody's session over", async () => {
      await signIn(victim, lax.origin);
      await attacker.run(toss, planted);
      expect(await whoAmI(victim, lax.origin)).toBe(ADA.email);
      // Signing in again ends the session that is carried: Ada's, and not Mallory's.
      await signIn(victim, lax.origin);
      expect(await whoAmI(victim, lax.origin)).toBe(ADA.email);
      expect((await sessionOf(lax.origin, planted)).status).toBe(200);
    });

    test("crowding the jar signs out at worst", async () => {
      await signIn(victim, lax.origin);
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

/** Runs in the page. */
async function ask(api: string): Promise<void> {
  await fetch(`${api}/v1/session`, { mode: "no-cors", credentials: "include" }).catch(() => {});
}

/** Submits a form to a window of its own. Runs in the page. */
function postForm({ url, type, who }: { url: string; type: string; who: typeof MALLORY }): void {
  const form = document.createElement("form");
  form.method = "POST";
  form.action = url;
  form.enctype = type;
  form.target = "_blank";
  const add = (name: string, value: string): void => {
    const field = document.createElement("input");
    field.name = name;
    field.value = value;
    form.append(field);
  };
  if (type === "text/plain") {
    // A form field whose name and value make JSON around the equals sign.
    const body = JSON.stringify({ ...who, x: "" });
    add(body.slice(0, -2), '"}');
  } else {
    for (const [name, value] of Object.entries(who)) add(name, value);
    add("_method", "DELETE");
  }
  document.body.append(form);
  form.submit();
}

/** How many requests of the following need no preflight. */
const SILENT = 5;

/** Sends what needs no preflight, and what does. Runs in the page. */
async function postSilently({ url, who }: { url: string; who: typeof MALLORY }): Promise<void> {
  const post = (init: RequestInit): Promise<unknown> =>
    fetch(url, { method: "POST", mode: "no-cors", credentials: "include", ...init }).catch(
      () => {},
    );
  const json = JSON.stringify(who);
  const parts = new FormData();
  for (const [name, value] of Object.entries(who)) parts.set(name, value);

  navigator.sendBeacon(url, new Blob([json], { type: "text/plain" }));
  navigator.sendBeacon(url, new Blob([json], { type: "application/json" }));
  await Promise.all([
    post({ body: json }),
    post({ body: new URLSearchParams({ ...who }) }),
    post({ body: parts }),
    // A header that this mode does not let through is left out, and the request goes as it is.
    post({ body: json, headers: { "x-http-method-override": "DELETE" } }),
    post({ mode: "cors", body: json, headers: { "content-type": "application/json" } }),
    post({ mode: "cors", method: "DELETE" }),
  ]);
}

/** Tries to learn who is signed in. Runs in the page. */
async function spy(api: string): Promise<Record<string, string>> {
  const url = `${api}/v1/session`;
  const read = async (mode: RequestMode): Promise<string> => {
    const answer = await fetch(url, { mode, credentials: "include" });
    return `read ${await answer.text()}`;
  };
  const embed = (element: HTMLScriptElement | HTMLImageElement): Promise<string> =>
    new Promise((done) => {
      element.onload = () => done("loaded");
      element.onerror = () => done("error");
      element.src = url;
      document.body.append(element);
    });
  const name = (error: unknown): string => (error as Error).name;
  const popup = open(url);
  /** Until the answer is there, the window is empty and anybody's. */
  const reach = async (): Promise<string> => {
    try {
      while (popup?.document.URL === "about:blank" && !popup.closed) {
        await new Promise(requestAnimationFrame);
      }
      return popup && !popup.closed ? `read ${popup.document.URL}` : "out of reach";
    } catch {
      return "out of reach";
    }
  };
  return {
    cors: await read("cors").catch(name),
    noCors: await read("no-cors").catch(name),
    script: await embed(document.createElement("script")),
    image: await embed(document.createElement("img")),
    popup: await reach(),
  };
}

/** Frames pages, and waits for the last of them. Runs in the page. */
async function frame(urls: string[]): Promise<void> {
  const loaded = urls.map((src) => {
    const element = document.body.appendChild(document.createElement("iframe"));
    element.src = src;
    return new Promise((done) => {
      element.onload = done;
    });
  });
  await loaded.at(-1);
}

/** Runs in the page. */
function framesWithinReach(): number {
  return [...document.querySelectorAll("iframe")].filter((frame) => frame.contentDocument).length;
}

/** Sets the session cookie in every way that a sibling has. Runs in the page. */
function toss(value: string): string[] {
  const host = location.hostname;
  const site = host.slice(host.indexOf(".") + 1);
  for (const name of [
    "__Host-bifrons_session",
    "__host-bifrons_session",
    "__HOST-BIFRONS_SESSION",
    "__Secure-bifrons_session",
    "bifrons_session",
  ]) {
    for (const path of ["/", "/v1", "/v1/session"]) {
      // biome-ignore lint/suspicious/noDocumentCookie: what an attacker has
      document.cookie = `${name}=${value}; Secure; Path=${path}; Domain=${site}`;
      // biome-ignore lint/suspicious/noDocumentCookie: without Secure too
      document.cookie = `${name}=${value}; Path=${path}; Domain=${site}`;
    }
  }
  // A cookie without a name, whose value looks like one with a name.
  for (const nameless of [`=__Host-bifrons_session=${value}`, `__Host-bifrons_session=${value}`]) {
    // biome-ignore lint/suspicious/noDocumentCookie: the same
    document.cookie = `${nameless}; Secure; Path=/`;
    // biome-ignore lint/suspicious/noDocumentCookie: the same
    document.cookie = `${nameless}; Secure; Path=/; Domain=${site}`;
  }
  const names = document.cookie.split("; ").map((pair) => pair.split("=")[0] ?? "");
  return [...new Set(names)].sort();
}

/** Sets more cookies for the whole site than a browser keeps. Runs in the page. */
function crowd(): void {
  const site = location.hostname.slice(location.hostname.indexOf(".") + 1);
  for (let at = 0; at < 400; at += 1) {
    // biome-ignore lint/suspicious/noDocumentCookie: what an attacker has
    document.cookie = `crowd${at}=x; Secure; Path=/nowhere; Domain=${site}`;
  }
}

const NOTHING = { cookie: "", local: 0, session: 0, databases: 0, caches: 0 };

function withinReach(tab: Tab): Promise<typeof NOTHING> {
  return tab.run(
    async () => ({
      cookie: document.cookie,
      local: localStorage.length,
      session: sessionStorage.length,
      databases: (await indexedDB.databases()).length,
      caches: (await caches.keys()).length,
    }),
    undefined,
  );
}

async function signIn(tab: Tab, api: string): Promise<void> {
  const problem = await tab.run(
    async ({ api, who }) =>
      (await bifrons.createClient({ baseUrl: api }).signIn(who)).problem?.code,
    { api, who: ADA },
  );
  expect(problem ?? "signed in").toBe("signed in");
}

function whoAmI(tab: Tab, api: string): Promise<string> {
  return tab.run(async (api) => {
    const { data, problem } = await bifrons.createClient({ baseUrl: api }).getSession();
    return problem ? problem.code : data.user.email;
  }, api);
}

/** What the service holds of both people, asked without a browser. */
async function stateOf(api: string): Promise<unknown> {
  const state = [];
  for (const who of [ADA, MALLORY]) {
    const tokens = await direct(api).issueTokens(who);
    if (!tokens.data) throw new Error(tokens.problem.code);
    const client = direct(api, tokens.data.access_token);
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
