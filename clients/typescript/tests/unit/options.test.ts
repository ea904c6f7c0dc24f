import { afterEach, expect, test, vi } from "vitest";
import { type ClientOptions, createClient } from "../../src/index.js";
import { answering, empty, json } from "../support/answers.js";
import { session, withTokens } from "../support/sessions.js";

const ada = { email: "ada@example.org", password: "secret" };

afterEach(() => {
  vi.unstubAllGlobals();
});

test("without options the service is the page's own origin, and outside of a page that is an error", async () => {
  expect(() => createClient()).toThrow("baseUrl is missing");
  const { fetch, sent } = answering(json(200, session()));
  vi.stubGlobal("location", {});
  vi.stubGlobal("fetch", fetch);
  await createClient().getSession();
  expect(sent[0]?.url).toBe("/v1/session");
});

test("a mode that does not exist is refused", () => {
  expect(() => createClient({ mode: "bearer" } as never)).toThrow("mode is");
});

test.each<[string, Partial<ClientOptions>, boolean | string, string]>([
  ["a page", {}, true, "cookie"],
  ["a program", {}, false, "body"],
  [
    "an app with a storage",
    { storage: { get: () => "", set: () => {}, remove: () => {} } },
    true,
    "body",
  ],
  ["a page that says so", { refreshIn: "body" }, true, "body"],
  ["a page of a website", {}, "https:", "cookie"],
  ["a page of a native app", {}, "capacitor:", "body"],
  ["a page of an extension", {}, "chrome-extension:", "body"],
])("token mode without refreshIn in %s", async (_, options, inPage, refresh_in) => {
  if (inPage) vi.stubGlobal("document", {});
  if (typeof inPage === "string") vi.stubGlobal("location", { protocol: inPage });
  const { fetch, sent } = answering(json(200, withTokens(1)));
  const given = { baseUrl: "https://api.example", mode: "token", fetch, ...options };
  await createClient(given as ClientOptions).signIn(ada);
  expect(JSON.parse(String(sent[0]?.init.body))).toEqual({ ...ada, mode: "token", refresh_in });
  expect(sent[0]?.init.credentials).toBe(refresh_in === "cookie" ? "include" : "omit");
});

test("an empty field of a form is not given, and removes a value that can be removed", async () => {
  const { fetch, sent } = answering(json(201, session().user), json(200, session().user), empty());
  const client = createClient({ baseUrl: "https://api.example", fetch });
  await client.registerUser({ ...ada, name: "" });
  await client.updateMe({ name: "" });
  await client.revokeToken({ token: "" });
  const bodies = sent.map(({ init }) => JSON.parse(String(init.body)));
  expect(bodies).toEqual([ada, { name: null }, { token: "" }]);
});
