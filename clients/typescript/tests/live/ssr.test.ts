import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/index.js";
import { cookieFetch } from "../support/cookies.js";
import { type Service, startService } from "../support/service.js";

const password = "correct horse battery staple";
const PEOPLE = Array.from({ length: 8 }, (_, number) => `person${number}@example.org`);

let service: Service;
const servers: Server[] = [];
beforeAll(async () => {
  service = await startService();
  for (const email of PEOPLE) {
    await createClient({ baseUrl: service.url }).registerUser({ email, password });
  }
});
afterAll(async () => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  await service?.stop();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A page rendered by a plain Node handler: POST signs in, DELETE signs out, GET shows who it is. */
const plainNode = (baseUrl: string): RequestListener =>
  async function handle(request, response) {
    const client = createClient({ baseUrl, cookies: request });
    const email = new URL(request.url ?? "/", "http://app").searchParams.get("email");
    if (request.method === "POST" && email) await client.signIn({ email, password });
    if (request.method === "DELETE") await client.signOut();
    const { status, user } = await client.session.load();
    response.setHeader("set-cookie", client.setCookies);
    response.end(user?.email ?? status);
  };

/** The same as a function from `Request` to `Response`: SvelteKit, Hono, route handlers of Next.js. */
async function fetchStyle(baseUrl: string, request: Request): Promise<Response> {
  const client = createClient({ baseUrl, cookies: request });
  const email = new URL(request.url).searchParams.get("email");
  if (request.method === "POST" && email) await client.signIn({ email, password });
  if (request.method === "DELETE") await client.signOut();
  const { status, user } = await client.session.load();
  const headers = new Headers();
  for (const cookie of client.setCookies) headers.append("set-cookie", cookie);
  return new Response(user?.email ?? status, { headers });
}

type Visit = (method: string, email?: string) => Promise<string>;

/** One visitor with cookies of their own. */
async function visitors(kind: string): Promise<() => Visit> {
  const app = kind === "plain Node" ? await serve(plainNode(service.url)) : "http://app.example";
  return () => {
    const direct = (url: string, init: RequestInit): Promise<Response> =>
      kind === "plain Node" ? fetch(url, init) : fetchStyle(service.url, new Request(url, init));
    const browser = cookieFetch(direct);
    return async (method, email) => {
      const url = `${app}/?${email ? new URLSearchParams({ email }) : ""}`;
      return (await browser.fetch(url, { method })).text();
    };
  };
}

test.each(["plain Node", "fetch"])("%s: sign in, come again, sign out", async (kind) => {
  const visit = (await visitors(kind))();
  expect(await visit("GET")).toBe("signed-out");
  expect(await visit("POST", PEOPLE[0])).toBe(PEOPLE[0]);
  expect(await visit("GET")).toBe(PEOPLE[0]);
  expect(await visit("DELETE")).toBe("signed-out");
  expect(await visit("GET")).toBe("signed-out");
});

test.each(["plain Node", "fetch"])("%s: requests in parallel never mix users", async (kind) => {
  const visitor = await visitors(kind);
  const signedIn = await Promise.all(
    PEOPLE.map(async (email) => {
      const visit = visitor();
      expect(await visit("POST", email)).toBe(email);
      return { visit, email };
    }),
  );
  const stranger = visitor();
  const rounds = Array.from({ length: 10 }, () => signedIn).flat();
  const pages = rounds.flatMap(({ visit, email }) => [
    visit("GET").then((page) => expect(page).toBe(email)),
    stranger("GET").then((page) => expect(page).toBe("signed-out")),
  ]);
  await Promise.all(pages);
});

test("a server sends no Origin, and nothing of the visitor but our cookies", async () => {
  const seen: IncomingHttpHeaders[] = [];
  const api = await serve((request, response) => {
    seen.push(request.headers);
    response.writeHead(204).end();
  });
  const headers = {
    cookie: "theirs=1; bifrons_session=ours",
    origin: "https://app.example",
    authorization: "Bearer theirs",
    "x-forwarded-for": "192.0.2.1",
  };
  const client = createClient({ baseUrl: api, cookies: { headers } });
  await client.signOut();
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ cookie: "bifrons_session=ours" });
  for (const name of ["origin", "sec-fetch-site", "authorization", "x-forwarded-for", "referer"]) {
    expect(seen[0]).not.toHaveProperty(name);
  }
});
