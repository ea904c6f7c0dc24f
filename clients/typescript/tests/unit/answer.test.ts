import { expect, test } from "vitest";
import { readAnswer } from "../../src/runtime/answer.js";
import type { Operation } from "../../src/runtime/operation.js";
import { empty, json, problem } from "../support/answers.js";

const read: Operation = { method: "GET", path: "/thing" };
const remove: Operation = { method: "DELETE", path: "/thing", ok: 204 };

test("data", async () => {
  const response = json(200, { name: "x" }, "application/json; charset=utf-8");
  expect(await readAnswer(read, response)).toEqual({ data: { name: "x" }, response });
});

test("data or nothing, as the operation may answer", async () => {
  const add: Operation = { method: "POST", path: "/thing", ok: [201, 202] };
  const [added, later] = [json(201, { name: "x" }), empty(202)];
  expect(await readAnswer(add, added)).toEqual({ data: { name: "x" }, response: added });
  expect(await readAnswer(add, later)).toEqual({ data: undefined, response: later });
  expect((await readAnswer(add, json(200, {}))).problem?.code).toBe("unexpected_response");
});

test("nothing", async () => {
  const response = empty();
  expect(await readAnswer(remove, response)).toEqual({ data: undefined, response });
});

test("the API's problem, whole", async () => {
  const body = {
    type: "t",
    title: "No",
    status: 401,
    code: "no",
    errors: [{ field: "x", rule: "type", detail: "a text" }],
  };
  const response = json(401, body, "application/problem+json");
  expect(await readAnswer(read, response)).toEqual({ problem: body, response });
});

const html = (status: number): Response =>
  new Response("<h1>Bad gateway</h1>", { status, headers: { "content-type": "text/html" } });

test.each<[string, Operation, Response]>([
  ["a proxy's page", read, html(502)],
  ["a proxy's page that says success", read, html(200)],
  ["a proxy's page instead of nothing", remove, html(200)],
  ["another success", read, json(202, {})],
  ["nothing instead of data", read, empty()],
  ["an empty error", read, empty(401)],
  ["an error in another shape", read, json(401, { message: "no" }, "application/problem+json")],
  ["an error of another media type", read, json(401, { code: "no" })],
  ["a list for an error", read, json(401, null, "application/problem+json")],
  ["broken JSON", read, new Response("{", { headers: { "content-type": "application/json" } })],
  ["a redirect", read, new Response(null, { status: 302, headers: { location: "/x" } })],
])("%s becomes a problem of the client", async (_, operation, response) => {
  const { status } = response;
  const answer = await readAnswer(operation, response);
  expect(answer.problem).toMatchObject({
    code: "unexpected_response",
    type: "about:blank",
    status,
  });
  expect(answer.response).toBe(response);
  expect(response.body === null || response.bodyUsed).toBe(true);
});

test("a connection that breaks in the middle throws", async () => {
  const body = new ReadableStream({ start: (stream) => stream.error(new TypeError("reset")) });
  await expect(readAnswer(read, new Response(body))).rejects.toThrow("reset");
});

test("a problem is not taken for success", async () => {
  expect((await readAnswer(read, problem(404, "not_found"))).problem?.code).toBe("not_found");
});
