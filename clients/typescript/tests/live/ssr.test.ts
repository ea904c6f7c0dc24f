import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/index.js";
import { type Environment, link, type Site } from "../support/environment.js";
import { describeAccount } from "../support/next.js";
import { type Service, startService } from "../support/testbed.js";
import { describeSite, signPeopleUp } from "../support/visitor.js";

let service: Service;
beforeAll(async () => {
  service = await startService();
  await signPeopleUp(service.url);
});
afterAll(() => service?.stop());

/** Starts a site beside the packages that are installed here. `npm run test:environments` tests the others. */
async function start(name: string, build: boolean): Promise<Site> {
  const environment: Environment = await link(name);
  if (build) await environment.script("build");
  const site = await environment.start({ BIFRONS_URL: service.url });
  return {
    ...site,
    stop: async () => {
      await site.stop();
      await environment.remove();
    },
  };
}

describeSite("plain Node", () => start("node", false));
describeSite("Hono", () => start("hono", false));
describeSite("Next.js", () => start("next", true), describeAccount);

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
