import { expect, test } from "vitest";
import type { Operation } from "../../src/runtime/operation.js";
import { target } from "../../src/runtime/target.js";

const list: Operation = { method: "GET", path: "/v1/things", query: ["limit", "after"] };
const item: Operation = { method: "DELETE", path: "/v1/things/{id}", ok: 204 };
const change: Operation = { ...item, method: "PATCH", query: ["dry_run"], body: true };

test("puts every input in its place", () => {
  expect(target(change, { id: "a", dry_run: true, name: "n", note: null })).toEqual({
    path: "/v1/things/a?dry_run=true",
    body: '{"name":"n","note":null}',
  });
});

test("leaves out what is not given, and keeps what is falsy", () => {
  expect(target(list, { limit: 0, after: undefined })).toEqual({
    path: "/v1/things?limit=0",
    body: undefined,
  });
  expect(target(list, {})).toEqual({ path: "/v1/things", body: undefined });
  expect(target(change, { id: "a" }).body).toBe("{}");
});

test("encodes path and query", () => {
  expect(target(item, { id: "a/b?c#d%" }).path).toBe("/v1/things/a%2Fb%3Fc%23d%25");
  expect(target(list, { after: "a&b=c +é" }).path).toBe("/v1/things?after=a%26b%3Dc+%2B%C3%A9");
  expect(target(list, { after: ["x", "y"] }).path).toBe("/v1/things?after=x&after=y");
});

test.each(["", ".", "..", undefined, null, {}, ["a"]])("refuses %j in a path", (id) => {
  expect(() => target(item, { id })).toThrow(TypeError);
});

test("refuses an input that the operation does not have", () => {
  expect(() => target(list, { limit: 1, signal: {} })).toThrow("Unknown input: signal");
});
