import { expect, test } from "vitest";
import { table } from "../../src/generated/table.js";
import { type ClientOptions, createClient } from "../../src/index.js";
import { answering, empty, json, problem } from "../support/answers.js";
import { session } from "../support/sessions.js";

const baseUrl = "https://api.example";

test("one method an operation", () => {
  const client = createClient({ baseUrl });
  const beside = ["throwing", "session", "call", "getAccessToken", "passkeys"].concat(
    "setCookies",
    "close",
    "diagnose",
  );
  expect(Object.keys(client)).toEqual([...Object.keys(table), ...beside]);
  expect(Object.keys(client.throwing)).toEqual(Object.keys(table));
});

test("a method calls its operation", async () => {
  const { fetch, sent } = answering(json(200, { id: "1" }), empty());
  const client = createClient({ baseUrl, fetch });

  const { data } = await client.signIn({ email: "a@b.c", password: "secret" });
  expect(data).toEqual({ id: "1" });
  expect(sent[0]).toMatchObject({ url: `${baseUrl}/v1/session`, init: { method: "POST" } });

  await client.endSession({ id: "x" }, { headers: { "x-trace": "1" } });
  expect(sent[1]).toMatchObject({
    url: `${baseUrl}/v1/me/sessions/x`,
    init: { method: "DELETE", headers: { "x-trace": "1" } },
  });
});

test("a method can be taken off the client", async () => {
  const { fetch } = answering(problem(401, "unauthenticated"));
  const { getSession } = createClient({ baseUrl, fetch });
  expect((await getSession()).problem?.code).toBe("unauthenticated");
});

test("a token function may call the same client", async () => {
  const tokens = { access_token: "fresh", token_type: "Bearer", expires_in: 600 };
  const refreshed = { session: session(), tokens };
  const { fetch, sent } = answering(json(200, refreshed), json(200, { id: "1" }));
  const client = createClient({
    baseUrl,
    fetch,
    token: async () =>
      (await client.refreshTokens({ refresh_token: "r" })).data?.tokens?.access_token,
  });
  await client.getSession();
  expect(sent.map(({ init }) => init.headers["authorization"])).toEqual([
    undefined,
    "Bearer fresh",
  ]);
});

test("cookies are stored and sent, unless token mode needs none", async () => {
  const credentials = async (options: Partial<ClientOptions>) => {
    const { fetch, sent } = answering(empty());
    await createClient({ baseUrl, fetch, ...options } as ClientOptions).signOut();
    return sent[0]?.init.credentials;
  };
  expect(await credentials({})).toBe("include");
  expect(await credentials({ mode: "token", refreshIn: "cookie" })).toBe("include");
  expect(await credentials({ mode: "token", refreshIn: "body" })).toBe("omit");
  expect(await credentials({ credentials: "same-origin" })).toBe("same-origin");
  expect(await credentials({ mode: "token", refreshIn: "body", credentials: "include" })).toBe(
    "include",
  );
});
