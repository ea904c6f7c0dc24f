import { expect, test } from "vitest";
import { json, problem } from "../support/answers.js";
import { fakeService } from "../support/fake-service.js";
import {
  ada,
  EXPIRED,
  later,
  pageOf,
  REFRESH,
  signedIn,
  status,
  stopClock,
} from "../support/token-mode.js";

stopClock();

test("a token that is still valid does not wait for the service to recover", async () => {
  const { client, service } = await signedIn();
  later(595_000);
  service.refreshes.push(problem(503, "unavailable"));
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect(service.count(REFRESH)).toBe(1);
});

function busy(status: number, seconds: string): Response {
  const response = problem(status, "unavailable");
  response.headers.set("retry-after", seconds);
  return response;
}

test.each([503, 429, 500, 502, 403, 400])(
  "a refresh answered with %i signs no user out",
  async (code) => {
    const { client, service } = await signedIn();
    later(EXPIRED);
    service.refreshes.push(busy(code, "20"));
    expect((await client.getMe()).problem?.status).toBe(code);
    expect(status(client)).toBe("signed-in");
    later(21_000);
    expect((await client.getMe()).data?.email).toBe(ada.email);
  },
);

test("until Retry-After is over, calls fail with the last answer and send no request", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  service.refreshes.push(busy(503, "20"));
  for (let call = 0; call < 50; call += 1) {
    expect((await client.getMe()).problem).toMatchObject({ status: 503, code: "unavailable" });
    later(300);
  }
  expect(service.count(REFRESH)).toBe(1);
  expect(service.count("/v1/me")).toBe(0);
  later(20_000);
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect(service.count(REFRESH)).toBe(2);
});

test("Retry-After as a date", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  service.refreshes.push(busy(503, new Date(Date.now() + 30_000).toUTCString()));
  await client.getMe();
  later(28_000);
  expect((await client.getMe()).problem?.status).toBe(503);
  later(3000);
  expect((await client.getMe()).data).toBeDefined();
});

test("a lost answer is requested again", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  service.refreshes.push(new TypeError("reset"));
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect(service.count(REFRESH)).toBe(2);
});

test("an answer that never comes is requested again", async () => {
  const service = fakeService();
  const client = pageOf(service, 30);
  await client.signIn(ada);
  later(EXPIRED);
  service.hold = new Promise(() => {});
  const call = client.getMe({}, { timeout: 2000 });
  while (service.count(REFRESH) === 0) await Promise.resolve();
  service.hold = undefined;
  expect((await call).data?.email).toBe(ada.email);
  expect(service.count(REFRESH)).toBe(2);
});

test("without a network calls reject, and the user stays signed in", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  const down = new TypeError("no network");
  service.refreshes.push(down, down);
  const calls = await Promise.allSettled(Array.from({ length: 20 }, () => client.getMe()));
  expect(calls.every((call) => call.status === "rejected" && call.reason === down)).toBe(true);
  await expect(client.getMe()).rejects.toBe(down);
  expect(service.count(REFRESH)).toBe(2);
  expect(status(client)).toBe("signed-in");
  later(1001);
  expect((await client.getMe()).data?.email).toBe(ada.email);
});

test.each(["invalid_refresh_token", "refresh_reused"])("%s signs out", async (code) => {
  const { client, service } = await signedIn();
  service.valid = 9;
  service.refreshes.push(problem(401, code));
  expect((await client.getMe()).problem?.code).toBe("invalid_token");
  expect(client.session.get().status).toBe("signed-out");
  expect((await client.getMe()).problem?.code).toBe("unauthenticated");
  expect(service.count(REFRESH)).toBe(1);
});

test("a 401 of another server signs no user out", async () => {
  const { client, service } = await signedIn();
  later(EXPIRED);
  service.refreshes.push(json(401, { proxy: "who are you?" }));
  expect((await client.getMe()).problem?.code).toBe("unexpected_response");
  expect(status(client)).toBe("signed-in");
});
