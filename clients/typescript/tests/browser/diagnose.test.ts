import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext, Page } from "playwright-core";
import { beforeEach, expect, test } from "vitest";
import type { Diagnosis } from "../../src/index.js";
import { openPage } from "../support/chromium.js";
import { addressOf, serveSite, visit } from "../support/page.js";
import { startProxy } from "../support/proxy.js";
import { ADA, chromiumForAll, stageForAll } from "../support/stage.js";

const stage = stageForAll();
const chromium = chromiumForAll();

let context: BrowserContext;
let page: Page;
let warnings: string[];
beforeEach(async () => {
  context = await chromium.browser.newContext();
  page = (await openPage(context)).page;
  warnings = [];
  page.on("console", (message) => {
    if (message.type() === "warning") warnings.push(message.text());
  });
  return () => context.close();
});

const diagnose = (): Promise<Diagnosis> => page.evaluate(() => client.diagnose());

test("calls and cookies work: signed out, then signed in", async () => {
  await visit(page, stage.site, stage.service.url, { development: true });
  expect((await diagnose()).verdict).toBe("signed_out");
  await page.evaluate((who) => client.signIn(who), ADA);
  expect(await diagnose()).toMatchObject({
    verdict: "signed_in",
    sentence: expect.stringContaining(ADA.email),
  });
  expect(warnings).toEqual([]);
});

test("signed in without credentials: the cookies work, and the user is signed out", async () => {
  await visit(page, stage.site, stage.service.url);
  const status = await page.evaluate(
    async ([url, who]) => {
      const headers = { "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(who) };
      return (await fetch(`${url}/v1/session`, init)).status;
    },
    [stage.service.url, ADA] as const,
  );
  expect(status).toBe(200);
  expect(await diagnose()).toMatchObject({
    verdict: "signed_out",
    sentence: expect.stringContaining('credentials: "include"'),
  });
});

test("an origin that is not listed is told so, and once on the console", async () => {
  const stranger = await serveSite();
  await visit(page, stranger, stage.service.url, { development: true });
  for (let call = 0; call < 2; call += 1) {
    expect(await page.evaluate(() => client.getSession().catch(String))).toContain("TypeError");
  }
  await expect.poll(() => warnings).toEqual([expect.stringContaining(stranger.origin)]);
  expect((await diagnose()).verdict).toBe("cors_refused");
  stranger.stop();
});

test("a header that the service does not allow is told apart from an origin", async () => {
  await visit(page, stage.site, stage.service.url, { headers: { "x-unheard-of": "1" } });
  expect((await diagnose()).verdict).toBe("headers_refused");
});

test("a page without an origin is told so", async () => {
  await visit(page, stage.site, stage.service.url);
  // A sandboxed frame has an opaque origin.
  const verdict = await page.evaluate(
    async (address) => {
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", "allow-scripts");
      const told = new Promise<string>((done) => {
        addEventListener("message", ({ data }) => done(String(data)));
      });
      frame.src = `${address}&report=1`;
      document.body.append(frame);
      return told;
    },
    addressOf(stage.site, stage.service.url),
  );
  expect(verdict).toBe("opaque_origin");
});

test("a service that is not there", async () => {
  await visit(page, stage.site, "http://localhost:9", { development: true });
  await page.evaluate(() => client.getSession().catch(String));
  await expect.poll(() => warnings).toEqual([expect.stringContaining("no server answers there")]);
  expect((await diagnose()).verdict).toBe("unreachable");
});

test("cookies that are lost are noticed after signing in", async () => {
  await visit(page, stage.site, stage.service.url, { development: true, credentials: "omit" });
  await page.evaluate((who) => client.signIn(who), ADA);
  expect(await page.evaluate(async () => (await client.getMe()).problem?.code)).toBe(
    "unauthenticated",
  );
  await expect.poll(() => warnings).toEqual([expect.stringContaining("does not store or send")]);
  expect((await diagnose()).verdict).toBe("cookies_blocked");
});

test("HTTP Basic in front of the whole host hides the cookie, and is named", async () => {
  // The browser adds the header to each request of the page, which is behind the same password.
  const guarded = await serveGuarded(stage.service.url);
  const visitors = { httpCredentials: { username: "staging", password: "please" } };
  const behind = await chromium.browser.newContext(visitors);
  page = (await openPage(behind)).page;
  const said: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "warning") said.push(message.text());
  });
  await page.goto(guarded.origin);
  await page.evaluate((who) => client.signIn(who), ADA);
  const me = await page.evaluate(async () => (await client.getMe()).problem?.code);
  expect(me).toBe("unsupported_authorization");
  expect(await page.evaluate(() => client.session.get().status)).toBe("signed-in");
  await expect.poll(() => said).toEqual([expect.stringContaining("HTTP Basic")]);
  expect((await diagnose()).verdict).toBe("other_authorization");
  await behind.close();
  guarded.stop();
});

/** The page and the service on one host that asks for a password. */
async function serveGuarded(service: string): Promise<{ origin: string; stop(): void }> {
  const site = await serveSite();
  const proxy = await startProxy(service);
  const server = createServer((asked, answer) => {
    if (!asked.headers.authorization) {
      answer.writeHead(401, { "www-authenticate": 'Basic realm="Staging"' }).end();
      return;
    }
    const target = asked.url?.startsWith("/v1/") ? proxy.url : site.origin;
    const options = JSON.stringify({ development: true });
    const path =
      asked.url === "/" ? `/?service=&options=${encodeURIComponent(options)}` : asked.url;
    const call = request(target + path, { method: asked.method, headers: asked.headers });
    call.on("response", (answered) => {
      answer.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(answer);
    });
    asked.pipe(call);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    stop() {
      for (const one of [site, proxy]) one.stop();
      server.close();
      server.closeAllConnections();
    },
  };
}

test("a cookie of another site", async () => {
  // Another name for this machine is another site for the browser. The service itself refuses to
  // start in such a place, so a stand-in sets and reads the probe cookie as it would.
  const standIn = await serveProbe();
  const { port } = standIn.address() as AddressInfo;
  await visit(page, stage.site, `http://127.0.0.1:${port}`);
  expect(await diagnose()).toMatchObject({
    verdict: "cookies_blocked",
    sentence: expect.stringContaining("on another site"),
  });
  standIn.close();
  standIn.closeAllConnections();
});

test("a proxy that refuses preflights is told apart from a header", async () => {
  const standIn = await serveProbe({ refusesPreflights: true });
  const { port } = standIn.address() as AddressInfo;
  await visit(page, stage.site, `http://localhost:${port}`);
  expect((await diagnose()).verdict).toBe("preflight_refused");
  standIn.close();
  standIn.closeAllConnections();
});

async function serveProbe({ refusesPreflights = false } = {}): Promise<Server> {
  const server = createServer(({ method, headers }, response) => {
    if (method === "OPTIONS" && refusesPreflights) {
      response.writeHead(401).end();
      return;
    }
    response.setHeader("access-control-allow-origin", headers.origin ?? "");
    response.setHeader("access-control-allow-credentials", "true");
    response.setHeader("access-control-allow-headers", "content-type");
    if (method === "POST") {
      response.setHeader("set-cookie", "bifrons_probe=1; Path=/; HttpOnly; SameSite=Lax");
      response.writeHead(204).end();
      return;
    }
    const cookie_received = headers.cookie?.includes("bifrons_probe") ?? false;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ cookie_received, relation: "cross_site" }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}
