import { createClient } from "@bifrons/client";
import { HttpResponse, http, passthrough } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, expect, test } from "vitest";

const baseUrl = process.env.BIFRONS_URL;
const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterAll(() => server.close());

test("a problem that a handler answers with", async () => {
  const problem = { type: "about:blank", title: "Too many", status: 429, code: "rate_limited" };
  const type = { "content-type": "application/problem+json" };
  server.use(
    http.post("https://auth.example.org/v1/session", () =>
      HttpResponse.json(problem, { status: 429, headers: type }),
    ),
  );
  const client = createClient({ baseUrl: "https://auth.example.org" });
  const refused = await client.signIn({ email: "ada@example.org", password: "secret" });
  expect(refused.problem.code).toBe("rate_limited");
});

test("a user signs in at the real service", async () => {
  server.use(http.all(`${baseUrl}/*`, passthrough));
  const client = createClient({ baseUrl, mode: "token" });
  const ada = { email: "vitest@example.org", password: "correct horse battery" };
  await client.registerUser(ada);
  await client.throwing.signIn(ada);
  expect((await client.getMe()).data.email).toBe(ada.email);
});
