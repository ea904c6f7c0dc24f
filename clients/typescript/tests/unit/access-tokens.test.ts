import { expect, test, vi } from "vitest";
import { type Client, createClient } from "../../src/index.js";
import { json, problem } from "../support/answers.js";
import { signedIn } from "../support/sessions.js";
import { later, stopClock } from "../support/token-mode.js";

stopClock();

const baseUrl = "https://api.example";
const audience = "https://orders.example";
const ada = { email: "ada@example.org", password: "secret" };

/** A service that mints numbered tokens, and the audiences it was asked for. */
function minting(): { client: Client; minted: (string | undefined)[] } {
  const minted: (string | undefined)[] = [];
  const client = createClient({
    baseUrl,
    fetch: async (url, { body }) => {
      if (!url.endsWith("/v1/session/token")) return json(200, signedIn(`s${minted.length}`));
      const asked = JSON.parse(String(body)) as { audience?: string };
      minted.push(asked.audience);
      if (asked.audience === "refused") return problem(401, "unauthenticated");
      return json(200, {
        access_token: `t${minted.length}`,
        token_type: "Bearer",
        expires_in: 600,
      });
    },
  });
  return { client, minted };
}

test("one request for many callers, and none until the token is about to expire", async () => {
  const { client, minted } = minting();
  const get = (): Promise<string> => client.getAccessToken({ audience });
  expect(await Promise.all([get(), get(), get()])).toEqual(["t1", "t1", "t1"]);
  later(530_000);
  expect(await get()).toBe("t1");
  later(20_000);
  expect(await get()).toBe("t2");
  expect(minted).toEqual([audience, audience]);
});

test("one token for each audience, and one for the default", async () => {
  const { client, minted } = minting();
  expect(await client.getAccessToken({ audience })).toBe("t1");
  expect(await client.getAccessToken()).toBe("t2");
  expect(await client.getAccessToken({ audience })).toBe("t1");
  expect(minted).toEqual([audience, undefined]);
});

test("a token of an earlier session is not returned", async () => {
  const { client } = minting();
  expect(await client.getAccessToken()).toBe("t1");
  await client.signIn(ada);
  expect(await client.getAccessToken()).toBe("t2");
});

test("a refusal is thrown, and the next call asks again", async () => {
  const { client, minted } = minting();
  const get = (): Promise<string> => client.getAccessToken({ audience: "refused" });
  await expect(get()).rejects.toMatchObject({ code: "unauthenticated" });
  await vi.waitFor(() => expect(get()).rejects.toMatchObject({ name: "ProblemError" }));
  expect(minted).toEqual(["refused", "refused"]);
});
