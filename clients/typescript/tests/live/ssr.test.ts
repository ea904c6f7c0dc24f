import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../../src/index.js";
import type { App, StartApp } from "../apps/app.js";
import { startHono } from "../apps/hono.js";
import { startNext } from "../apps/next.js";
import { startPlainNode } from "../apps/plain-node.js";
import { cookieFetch } from "../support/cookies.js";
import { type Service, startService } from "../support/service.js";

const password = "correct horse battery staple";
const PEOPLE = Array.from({ length: 8 }, (_, number) => `person${number}@example.org`);
const [ADA = ""] = PEOPLE;

let service: Service;
beforeAll(async () => {
  service = await startService();
  for (const email of PEOPLE) {
    await createClient({ baseUrl: service.url }).registerUser({ email, password });
  }
});
afterAll(() => service?.stop());

/** A visitor's browser, with its own cookies. */
interface Visitor {
  /** Whose page it is. */
  see(): Promise<string | undefined>;
  /** Sends the form for signing in, from a page of that kind of site; gives the status. */
  signIn(email: string, from?: string): Promise<number>;
  signOut(): Promise<number>;
}

function visitor({ origin, fetch: send }: App): Visitor {
  const { fetch } = cookieFetch(send);
  const ask = (path: string, method = "GET", from = "same-origin", body?: URLSearchParams) =>
    fetch(origin + path, {
      method,
      body: body ?? null,
      redirect: "manual",
      headers: {
        "sec-fetch-site": from,
        origin: from === "same-origin" ? origin : "https://elsewhere.example",
      },
    });
  return {
    see: async () => /<main>(.*)<\/main>/.exec(await (await ask("/")).text())?.[1],
    signIn: async (email, from) =>
      (await ask("/session", "POST", from, new URLSearchParams({ email, password }))).status,
    signOut: async () => (await ask("/session", "DELETE")).status,
  };
}

describe.each<[string, StartApp]>([
  ["plain Node", startPlainNode],
  ["Hono", startHono],
  ["Next.js", startNext],
])("%s", (_, start) => {
  let app: App;
  beforeAll(async () => {
    app = await start(service.url);
  }, 240_000);
  afterAll(() => app?.stop());

  test("sign in, come again, sign out", async () => {
    const ada = visitor(app);
    expect(await ada.see()).toBe("signed-out");
    expect(await ada.signIn(ADA)).toBeLessThan(400);
    expect(await ada.see()).toBe(ADA);
    expect(await ada.signOut()).toBeLessThan(400);
    expect(await ada.see()).toBe("signed-out");
  });

  test("a form of another site signs no user in", async () => {
    const ada = visitor(app);
    expect(await ada.signIn(ADA, "cross-site")).toBe(403);
    expect(await ada.see()).toBe("signed-out");
  });

  test("requests in parallel never mix users", async () => {
    const stranger = visitor(app);
    const people = await Promise.all(
      PEOPLE.map(async (email) => {
        const person = visitor(app);
        await person.signIn(email);
        return { person, email };
      }),
    );
    const rounds = Array.from({ length: 10 }, () => people).flat();
    const pages = rounds.flatMap(({ person, email }) => [
      person.see().then((page) => expect(page).toBe(email)),
      stranger.see().then((page) => expect(page).toBe("signed-out")),
    ]);
    await Promise.all(pages);
  });
});

test("a server sends no Origin, and nothing of the visitor but our cookies", async () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.writeHead(204).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const headers = {
    cookie: "theirs=1; bifrons_session=ours",
    origin: "https://app.example",
    authorization: "Bearer theirs",
    "x-forwarded-for": "192.0.2.1",
  };
  const client = createClient({ baseUrl: `http://127.0.0.1:${port}`, cookies: { headers } });
  await client.signOut();
  server.close();
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ cookie: "bifrons_session=ours" });
  for (const name of ["origin", "sec-fetch-site", "authorization", "x-forwarded-for", "referer"]) {
    expect(seen[0]).not.toHaveProperty(name);
  }
});
