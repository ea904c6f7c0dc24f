import { expect, test, vi } from "vitest";
import { EXPIRED, later, REFRESH, signedIn, status, stopClock } from "../support/token-mode.js";

stopClock();

test("50 calls with an expired token: one refresh", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.getMe()));
  expect(answers.every(({ data }) => data)).toBe(true);
  expect(service.count(REFRESH)).toBe(1);
  expect(service.asked.filter(({ token }) => token === "access-1")).toEqual([]);
});

test("50 calls with a token that is refused: one refresh, and each call twice", async () => {
  const { client, service } = await signedIn();
  service.valid = 7;
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.getMe()));
  expect(answers.every(({ data }) => data)).toBe(true);
  expect(service.count(REFRESH)).toBe(1);
  expect(service.count("/v1/me")).toBe(100);
});

test("refreshes ahead of the end, not all at the same moment", async () => {
  const moments = new Set<number>();
  for (let client = 0; client < 8; client += 1) {
    const { client, service } = await signedIn();
    const start = Date.now();
    while (service.count(REFRESH) === 0) {
      later(1000);
      await client.getMe();
    }
    moments.add(Date.now() - start);
  }
  expect(Math.min(...moments)).toBeGreaterThanOrEqual(539_000);
  expect(Math.max(...moments)).toBeLessThanOrEqual(571_000);
  expect(moments.size).toBeGreaterThan(1);
});

test("changing the password takes the new tokens over, and no refresh comes in between", async () => {
  const { client, service } = await signedIn();
  const change = { current_password: "secret", new_password: "another" };
  const [changed, ...others] = await Promise.all([
    client.changePassword(change),
    client.getMe(),
    client.getMe(),
  ]);
  expect(changed.data?.tokens?.access_token).toBe("access-2");
  expect(others.every(({ data }) => data)).toBe(true);
  expect(service.count(REFRESH)).toBe(0);
  expect((await client.getMe()).data).toBeDefined();
  expect(service.asked.at(-1)?.token).toBe("access-2");
});

test("the time limit of a call covers the refresh", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  service.hold = new Promise(() => {});
  await expect(client.getMe({}, { timeout: 5 })).rejects.toMatchObject({ name: "TimeoutError" });
  expect(status(client)).toBe("signed-in");
});

test("refreshTokens by hand is adopted", async () => {
  const { client, service } = await signedIn();
  expect((await client.refreshTokens()).data?.tokens?.access_token).toBe("access-2");
  await client.getMe();
  expect(service.asked.at(-1)?.token).toBe("access-2");
});

test("a refresh that ends after signing out restores no session", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  let release = (): void => {};
  service.hold = new Promise((done) => {
    release = done;
  });
  const call = client.getMe();
  await vi.waitFor(() => expect(service.count(REFRESH)).toBe(1));
  const leaving = client.signOut();
  release();
  await Promise.all([call, leaving]);
  expect(client.session.get().status).toBe("signed-out");
  expect((await client.getMe()).problem?.code).toBe("unauthenticated");
});
