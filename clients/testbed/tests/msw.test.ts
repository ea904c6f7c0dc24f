import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { operations } from "../src/generated/service.js";
import { start, type Testbed } from "../src/index.js";
import { mockService, type OperationId } from "../src/msw/index.js";
import { wrongWith } from "./support/document.js";
import { type Asked, type Stage, stories, type Told } from "./support/stories.js";

const MOCK = "http://localhost:3000";

const mock = mockService(MOCK);
const server = setupServer(...mock.handlers);
let testbed: Testbed;

beforeAll(async () => {
  testbed = await start();
  server.listen({ onUnhandledRequest: "bypass" });
});

afterEach(() => {
  vi.useRealTimers();
  mock.reset();
});

afterAll(async () => {
  server.close();
  await testbed.close();
});

async function send(
  url: string,
  asked: Asked,
  cookies: Record<string, string>,
): Promise<[Told, Response]> {
  const { method, path, body, headers } = asked;
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...cookies,
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const told = {
    status: answer.status,
    type: answer.headers.get("content-type") ?? "",
    retryAfter: answer.headers.get("retry-after"),
    challenge: answer.headers.get("www-authenticate"),
    body: text === "" ? undefined : JSON.parse(text),
  };
  const { origin, pathname } = new URL(`${url}${path}`);
  expect(
    wrongWith({ method, path: pathname, ...told }),
    `${origin}: ${method} ${path} ${text}`,
  ).toBe("");
  return [told, answer];
}

/** The real service, with a visitor who keeps cookies. */
function real(): Stage {
  const jar = new Map<string, string>();
  return {
    async send(asked) {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const [told, answer] = await send(testbed.url, asked, cookie === "" ? {} : { cookie });
      for (const line of answer.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (value === "") jar.delete(name);
        else jar.set(name, value);
      }
      return told;
    },
    advance: (seconds) => testbed.advance(seconds),
  };
}

/** The service in memory. */
function inMemory(): Stage {
  return {
    send: async (asked) => (await send(MOCK, asked, {}))[0],
    async advance(seconds) {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
    },
  };
}

/** Members whose values differ between any two services. */
const OWN = /^(id|instance|.*_at|.*_token)$/;

/** What must be the same on both: all, but the values that each service chooses and the wording of details. */
const comparable = (told: Told): unknown =>
  JSON.parse(JSON.stringify(told), (name, value) => {
    if (OWN.test(name)) return `some ${typeof value}`;
    return name === "detail" ? "some detail" : value;
  });

async function played(
  stage: Stage,
  story: (stage: Stage) => Promise<void>,
): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  await story({
    ...stage,
    async send(asked) {
      const told = await stage.send(asked);
      all.push([asked.method, asked.path, comparable(told)]);
      return told;
    },
  });
  return all;
}

test.for(Object.entries(stories))(
  "%s: the handlers answer as the service does",
  async ([, story]) => {
    await testbed.reset();
    const expected = await played(real(), story);
    expect(expected.length).toBeGreaterThan(5);
    expect(await played(inMemory(), story)).toEqual(expected);
  },
);

const GET = (path: string): Asked => ({ method: "GET", path });

test("a user is signed in before the first request, until the session ends", async () => {
  const { email } = mock.user({ name: "Ada", roles: ["editor"] });
  mock.signIn(email);
  const [session] = await send(MOCK, GET("/v1/session"), {});
  expect(session.body).toMatchObject({ user: { name: "Ada", roles: ["editor"] }, mode: "cookie" });
  const without = await fetch(`${MOCK}/v1/session`, { credentials: "omit" });
  expect(((await without.json()) as { code: string }).code).toBe("unauthenticated");
  vi.stubGlobal("location", { origin: "http://localhost:5173" });
  const ask = async (credentials: RequestCredentials): Promise<number> =>
    (await fetch(`${MOCK}/v1/session`, { credentials })).status;
  expect([await ask("same-origin"), await ask("include")]).toEqual([401, 200]);
  vi.unstubAllGlobals();
  mock.endSessions();
  const [ended] = await send(MOCK, GET("/v1/session"), {});
  expect(ended.body).toMatchObject({ code: "invalid_session" });
  mock.reset();
  expect(mock.user().id).toMatch(/-000000000001$/);
});

test("every problem that the document lists happens on demand, and no other", async () => {
  let provoked = 0;
  for (const [operation, { method, path, codes }] of Object.entries(operations)) {
    for (const code of codes) {
      mock.fault(operation as OperationId, code);
      const place = path.replace("{id}", "019b78c9-0a80-7000-8000-000000000001");
      const answer = await fetch(`${MOCK}${place}`, { method: method.toUpperCase() });
      const type = answer.headers.get("content-type") ?? "";
      const body = await answer.json();
      expect(body).toMatchObject({ code });
      const told = { method, path, status: answer.status, type, body };
      expect(wrongWith(told), `${operation} ${code}`).toBe("");
      provoked += 1;
    }
  }
  const possible = await testbed.possibleFaults();
  const listed = Object.keys(operations).flatMap((operation) => possible.get(operation) ?? []);
  expect(provoked).toBe(listed.length);
  expect(() => mock.fault("signIn", "not_found" as "unavailable")).toThrow("rate_limited");
  expect(() => mock.fault("signIn", "invalid_credentials", { retryAfter: 1 })).toThrow(
    "unavailable",
  );
  mock.fault("getMe", "unavailable", { times: 2, retryAfter: 7 });
  const all = [
    await send(MOCK, GET("/v1/me"), {}),
    await send(MOCK, GET("/v1/me"), {}),
    await send(MOCK, GET("/v1/me"), {}),
  ];
  expect(all.map(([{ status, retryAfter }]) => [status, retryAfter])).toEqual([
    [503, "7"],
    [503, "7"],
    [401, null],
  ]);
});
