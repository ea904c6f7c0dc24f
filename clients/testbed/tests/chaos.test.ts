import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Director } from "../src/chaos/director.js";
import { operationsOf } from "../src/chaos/document.js";
import { failuresOf } from "../src/chaos/failures.js";
import { read } from "../src/chaos/options.js";
import { ChaosProxy } from "../src/chaos/proxy.js";
import { findingsOf, type Row } from "../src/chaos/report.js";
import { chaos } from "./support/chaos.js";

/** The document of another API, which has another shape of errors. */
const SHOP = {
  openapi: "3.1.0",
  servers: [{ url: "https://shop.example/api" }],
  paths: {
    "/items/{id}": {
      get: {
        operationId: "getItem",
        responses: {
          200: { description: "OK" },
          404: { $ref: "#/components/responses/Missing" },
          429: {
            headers: { "Retry-After": {} },
            content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
          },
          default: { description: "Anything else" },
        },
      },
    },
    "/items/best": { get: { responses: {} } },
  },
  components: {
    schemas: {
      Error: {
        type: "object",
        properties: {
          error: { type: "object", properties: { type: { enum: ["too_fast"] } } },
        },
      },
    },
    responses: {
      Missing: {
        content: {
          "application/json": {
            examples: {
              gone: { value: { error: { type: "item_gone" } } },
              never: { value: { error: { type: "no_item" } } },
            },
          },
        },
      },
    },
  },
};

const SEEN = { blank: false, busy: false, signedOut: false, signedOutAt: 0, errors: [] };
const LIMITS = { only: [], most: 99, windowMs: 1, signedOut: "form" };

let shop: Server;
let proxy: ChaosProxy;
let director: Director;
let served = 0;

beforeAll(async () => {
  shop = createServer((request, response) => {
    served += 1;
    response.writeHead(200, { "set-cookie": "basket=1; Domain=shop.example" });
    response.end(request.headers["origin"] ?? "no origin");
  });
  await new Promise<void>((resolve) => shop.listen(0, "localhost", resolve));
  const url = `http://localhost:${(shop.address() as AddressInfo).port}`;
  director = new Director(LIMITS, () => undefined);
  proxy = new ChaosProxy({ url }, director, operationsOf(SHOP, "error.type"));
  await proxy.listen();
});

afterAll(() => {
  proxy.close();
  shop.close();
});

test("any document names operations and failures", () => {
  const [best, item] = operationsOf(SHOP, "error.type");
  expect(best?.id).toBe("GET /items/best");
  expect(item?.pattern.test("/api/items/7")).toBe(true);
  expect(item?.pattern.test("/api/items/7/8")).toBe(false);
  expect(item?.problems.map(({ status, code, waits }) => [status, code, waits])).toEqual([
    [404, "item_gone", false],
    [404, "no_item", false],
    [429, "too_fast", true],
    [500, "500", false],
  ]);
});

test("an API without a control fails as its document says", async () => {
  const operations = operationsOf(SHOP, "error.type");
  const get = () => fetch(`${proxy.url}/api/items/7`, { headers: { origin: proxy.url } });
  director.begin("buys");
  const untouched = await get();
  expect(await untouched.text()).toBe(proxy.target.url);
  expect(untouched.headers.get("set-cookie")).toBe("basket=1");
  director.end(SEEN);
  const { cases } = director.plan(operations, false);
  expect(cases).toBe(7);
  const told: unknown[] = [];
  for (let at = 0; at < cases; at += 1) {
    expect(director.begin("buys").skip).toBe(false);
    const before = served;
    const answer = await get().catch(() => undefined);
    const wait = answer?.headers.get("retry-after") ?? null;
    const cookie = answer?.headers.get("set-cookie") ?? null;
    told.push([answer?.status, await answer?.text(), wait, cookie, served - before]);
    director.end(SEEN);
  }
  expect(told).toEqual([
    [404, '{"error":{"type":"item_gone"}}', null, null, 0],
    [404, '{"error":{"type":"no_item"}}', null, null, 0],
    [429, '{"error":{"type":"too_fast"}}', "60", null, 0],
    [500, "", null, null, 0],
    [undefined, undefined, null, null, 1],
    [200, proxy.target.url, null, "basket=1", 1],
    [200, proxy.target.url, null, null, 1],
  ]);
  expect(director.begin("buys").skip).toBe(true);
  expect(director.results.map(({ verdicts }) => verdicts)).toEqual(Array(7).fill(["handled"]));
});

test("a failure that could not be brought about is no verdict about the page", async () => {
  const { target } = proxy;
  const operations = operationsOf(SHOP, "error.type");
  const untold = new Director({ ...LIMITS, most: 1 }, () => undefined);
  const other = new ChaosProxy(target, untold, operations);
  await other.listen();
  const get = () => fetch(`${other.url}/api/items/7`);
  untold.begin("buys");
  await get();
  untold.end(SEEN);
  untold.plan(operations, true);
  untold.begin("buys");
  // The API itself has no such thing as a control.
  other.target = { ...target, control: { url: target.url, token: "none" } };
  expect((await get()).status).toBe(502);
  untold.end(SEEN);
  other.close();
  expect(untold.results.map(({ verdicts }) => verdicts)).toEqual([["not reached"]]);
});

test("sessions and tokens fail only where there are some", () => {
  const [operation] = operationsOf({ paths: { "/tokens/refresh": { post: { responses: {} } } } });
  if (operation === undefined) throw new Error("no operation");
  const use = { requests: 1, firstAt: 0, signedIn: true, bearer: true, setsCookie: true };
  expect(failuresOf(operation, use, true).map(({ name }) => name)).toEqual([
    "lost answer",
    "slow",
    "access token expired",
    "session ended",
    "second tab",
    "clock five minutes ahead",
    "clock five minutes behind",
    "cookie refused",
  ]);
  const visitor = { ...use, signedIn: false, bearer: false, setsCookie: false };
  expect(failuresOf(operation, visitor, true)).toHaveLength(3);
});

test("a budget accepts what it names, and nothing else", () => {
  const row: Row = { operation: "a", failure: "slow", verdict: "blank page", test: "t" };
  expect(findingsOf([row], [])).toEqual([row]);
  expect(findingsOf([row], [row])).toEqual([]);
  expect(findingsOf([{ ...row, verdict: "retry storm" }], [row])).toHaveLength(1);
  expect(() => read(["--most", "0", "--", "playwright"])).toThrow("--most");
  expect(() => read(["--most", "1"])).toThrow("after --");
});

test("a suite is repeated, and the reports say what its page did", {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "chaos-"));
  const [junit, sarif] = [join(folder, "junit.xml"), join(folder, "report.sarif")];
  const args = ["--only", "getSession", "--most", "1", "--junit", junit, "--sarif", sarif];
  const { status, stdout, stderr } = await chaos(args, true);
  expect(status, stderr).toBe(1);
  expect(stdout).toMatch(/^getSession +400 malformed_request +blank page$/m);
  expect(stdout).toContain("Verdicts: 1, to mend: 1");
  expect(await readFile(junit, "utf8")).toContain('<failure message="blank page">');
  const { runs } = JSON.parse(await readFile(sarif, "utf8"));
  expect(runs[0].results[0].ruleId).toBe("blank-page");
  await rm(folder, { recursive: true });
});
