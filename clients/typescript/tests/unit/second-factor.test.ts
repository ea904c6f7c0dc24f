import { expect, test } from "vitest";
import { createClient } from "../../src/index.js";
import { answering, json } from "../support/answers.js";
import { signedIn, withTokens } from "../support/sessions.js";

const ada = { email: "ada@example.org", password: "secret" };
const challenge = {
  status: "challenge",
  factors: ["totp"],
  expires_at: "2999-01-01T01:00:00Z",
};
const body = (sent: { init: { body?: unknown } } | undefined): unknown =>
  JSON.parse(String(sent?.init.body));

test("a challenge signs no user in, and the code does: cookie mode", async () => {
  const { fetch, sent } = answering(json(202, challenge), json(200, signedIn()));
  const client = createClient({ baseUrl: "https://api.example", fetch });
  const { data } = await client.signIn(ada);
  expect(data).toEqual(challenge);
  expect(client.session.get().status).toBe("unknown");
  if (data?.status !== "challenge") throw new Error();
  const answer = await client.completeSignIn({ factor: "totp", code: "123456", token: data.token });
  expect(answer.data?.status).toBe("signed-in");
  expect(client.session.get().status).toBe("signed-in");
  expect(sent[1]?.url).toBe("https://api.example/v1/session/challenge");
  expect(body(sent[1])).toEqual({ factor: "totp", code: "123456" });
});

test("the same in token mode: the tokens of the second answer are used", async () => {
  const token = "bfc_challenge";
  const { fetch, sent } = answering(
    json(202, { ...challenge, token }),
    json(200, withTokens(1)),
    json(200, withTokens(1).session.user),
  );
  const client = createClient({
    baseUrl: "https://api.example",
    mode: "token",
    refreshIn: "body",
    fetch,
  });
  await client.signIn(ada);
  expect(body(sent[0])).toMatchObject({ mode: "token", refresh_in: "body" });
  expect(client.session.get().status).toBe("unknown");
  await client.completeSignIn({ factor: "totp", code: "123456", token });
  expect(body(sent[1])).toEqual({ factor: "totp", code: "123456", token });
  await client.getMe();
  expect(sent[2]?.init.headers["authorization"]).toBe(
    `Bearer ${withTokens(1).tokens?.access_token}`,
  );
});
