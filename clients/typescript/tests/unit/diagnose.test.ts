import { expect, test, vi } from "vitest";
import { createClient, type Diagnosis } from "../../src/index.js";
import type { Fetch } from "../../src/runtime/call.js";
import { answering, empty, json, problem } from "../support/answers.js";
import { session } from "../support/sessions.js";

const baseUrl = "https://api.example";
const probe = (cookie_received: boolean, relation = "same_site"): Response =>
  json(200, { cookie_received, relation });
const BASIC = { "www-authenticate": 'Basic realm="Staging"' };
const diagnose = (fetch: Fetch): Promise<Diagnosis> => createClient({ baseUrl, fetch }).diagnose();

test.each<[Diagnosis["verdict"], string, Response[]]>([
  ["signed_in", "ada@example.org", [empty(), probe(true), json(200, session())]],
  ["signed_out", "credentials", [empty(), probe(true), problem(401, "unauthenticated")]],
  ["cookies_blocked", "same site", [empty(), probe(false)]],
  ["cookies_blocked", "another site", [empty(), probe(false, "cross_site")]],
  [
    "other_authorization",
    "Basic",
    [empty(), probe(true), problem(401, "unsupported_authorization")],
  ],
  ["other_authorization", "nginx", [new Response("", { status: 401, headers: BASIC })]],
  ["unexpected", "unavailable", [problem(503, "unavailable")]],
  ["unexpected", "internal_error", [empty(), problem(500, "internal_error")]],
  ["unexpected", "unexpected_response", [new Response("<h1>Hello</h1>")]],
])("%s: %s", async (verdict, word, answers) => {
  const found = await diagnose(answering(...answers).fetch);
  expect(found.verdict).toBe(verdict);
  expect(found.sentence).toContain(word);
  expect(found.sentence).toContain(baseUrl);
});

test("nothing answers", async () => {
  expect((await diagnose(() => Promise.reject(new TypeError("down")))).verdict).toBe("unreachable");
});

test("without cookies there is no probe to set", async () => {
  const { fetch, sent } = answering(probe(false), problem(401, "unauthenticated"));
  const client = createClient({ baseUrl, mode: "token", refreshIn: "body", fetch });
  expect((await client.diagnose()).verdict).toBe("signed_out");
  expect(sent.map(({ init }) => init.method)).toEqual(["GET", "GET"]);
});

test("outside of pages, and in production, nothing is explained", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const fetch: Fetch = () => Promise.reject(new TypeError("down"));
  await createClient({ baseUrl, fetch, development: true }).getMe().catch(String);
  vi.stubGlobal("document", {});
  await createClient({ baseUrl, fetch, token: "t", development: false }).getMe().catch(String);
  vi.stubEnv("NODE_ENV", "production");
  await createClient({ baseUrl, fetch, token: "t" }).getMe().catch(String);
  await new Promise((done) => setTimeout(done, 20));
  expect(warn).not.toHaveBeenCalled();

  vi.stubEnv("NODE_ENV", "development");
  const client = createClient({ baseUrl, fetch, token: "t" });
  await client.getMe().catch(String);
  await client.getMe().catch(String);
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1));
  expect(warn.mock.calls[0]?.[0]).toContain("no server answers there");
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  warn.mockRestore();
});
