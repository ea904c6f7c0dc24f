import { expect, test } from "vitest";
import { type CallTarget, createCall } from "../../src/runtime/call.js";
import type { Operation } from "../../src/runtime/operation.js";
import { answering, empty, json, problem } from "../support/answers.js";

const read: Operation = { method: "GET", path: "/v1/thing", bearer: true };
const write: Operation = {
  method: "POST",
  path: "/v1/thing",
  body: true,
  ok: 204,
};

const options = (rest: Partial<CallTarget>): CallTarget => ({
  baseUrl: "https://api.example",
  ...rest,
});

test("one fetch with everything in it", async () => {
  const { fetch, sent } = answering(empty());
  await createCall(options({ fetch }))(write, { name: "x" });
  expect(sent).toEqual([
    {
      url: "https://api.example/v1/thing",
      init: {
        method: "POST",
        headers: {
          accept: "application/json, application/problem+json",
          "content-type": "application/json",
        },
        body: '{"name":"x"}',
        credentials: "include",
        keepalive: true,
        redirect: "manual",
        signal: expect.any(AbortSignal),
      },
    },
  ]);
});

test.each([
  ["https://api.example", "https://api.example/v1/thing"],
  ["https://api.example/", "https://api.example/v1/thing"],
  ["https://example.org/auth//", "https://example.org/auth/v1/thing"],
  ["/auth", "/auth/v1/thing"],
  ["https://api.example/v1", "https://api.example/v1/thing"],
  ["https://example.org/auth/v1/", "https://example.org/auth/v1/thing"],
])("base URL %s", async (baseUrl, url) => {
  const { fetch, sent } = answering(json(200, {}));
  await createCall({ baseUrl, fetch })(read);
  expect(sent[0]?.url).toBe(url);
});

test.each(["https://api.example?x=1", "https://api.example/#x"])(
  "refuses base URL %s",
  (baseUrl) => {
    expect(() => createCall({ baseUrl })).toThrow(TypeError);
  },
);

test("credentials are included unless asked otherwise", async () => {
  const { fetch, sent } = answering(json(200, {}), json(200, {}));
  await createCall(options({ fetch }))(read);
  await createCall(options({ fetch, credentials: "omit" }))(read);
  expect(sent.map(({ init }) => init.credentials)).toEqual(["include", "omit"]);
});

test.each<[string, CallTarget["token"]]>([
  ["a string", "abc"],
  ["a function", () => "abc"],
  ["a promise", async () => "abc"],
])("token from %s", async (_, token) => {
  const { fetch, sent } = answering(json(200, {}));
  await createCall(options({ fetch, token }))(read);
  expect(sent[0]?.init.headers["authorization"]).toBe("Bearer abc");
});

test("no token, no header", async () => {
  const { fetch, sent } = answering(json(200, {}));
  await createCall(options({ fetch, token: () => undefined }))(read);
  expect(sent[0]?.init.headers).not.toHaveProperty("authorization");
});

test("an operation that reads no token is given none, and asks for none", async () => {
  const { fetch, sent } = answering(empty());
  const token = (): never => {
    throw new Error("asked");
  };
  await createCall(options({ fetch, token }))(write);
  expect(sent[0]?.init.headers).not.toHaveProperty("authorization");
});

test("headers of the call win over the client's and the token, in any case", async () => {
  const { fetch, sent } = answering(json(200, {}));
  const call = createCall(options({ fetch, token: "abc", headers: { "X-A": "1", "x-b": "1" } }));
  await call(read, {}, { headers: { "x-a": "2", Authorization: "Bearer other" } });
  expect(sent[0]?.init.headers).toMatchObject({
    "x-a": "2",
    "x-b": "1",
    authorization: "Bearer other",
  });
});

test("a problem is an answer", async () => {
  const { fetch } = answering(problem(401, "unauthenticated"));
  const { problem: found } = await createCall(options({ fetch }))(read);
  expect(found?.code).toBe("unauthenticated");
});

test("a network that fails throws what fetch threw", async () => {
  const failure = new TypeError("fetch failed");
  const fetch = (): Promise<Response> => Promise.reject(failure);
  await expect(createCall(options({ fetch }))(read)).rejects.toBe(failure);
});

test("the timeout covers the token, the wait and the reading", async () => {
  const stuck = (): Promise<never> => new Promise(() => {});
  const slowBody = async (): Promise<Response> =>
    new Response(new ReadableStream(), { headers: { "content-type": "application/json" } });
  const timeout = 5;
  const rejection = { name: "TimeoutError" };
  await expect(createCall(options({ token: stuck, timeout }))(read)).rejects.toMatchObject(
    rejection,
  );
  await expect(createCall(options({ fetch: stuck, timeout }))(read)).rejects.toMatchObject(
    rejection,
  );
  const call = createCall(options({ fetch: slowBody, timeout: 60_000 }));
  await expect(call(read, {}, { timeout })).rejects.toMatchObject(rejection);
});

test("the global fetch is looked up at the time of the call", async () => {
  const call = createCall(options({}));
  const original = globalThis.fetch;
  globalThis.fetch = async () => json(200, { patched: true });
  try {
    expect((await call(read)).data).toEqual({ patched: true });
  } finally {
    globalThis.fetch = original;
  }
});

test("a change survives the page, unless its body is too long for that", async () => {
  const { fetch, sent } = answering(empty(), empty(), empty());
  const call = createCall(options({ fetch }));
  await call(write, { name: "x" });
  await call(write, { name: "密".repeat(20_000) });
  await call({ ...read, ok: 204 });
  expect(sent.map(({ init }) => init.keepalive)).toEqual([true, false, false]);
});
