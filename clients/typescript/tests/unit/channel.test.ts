import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { createClient } from "../../src/index.js";
import { answering, json } from "../support/answers.js";
import { session } from "../support/sessions.js";

const run = promisify(execFile);
const baseUrl = "https://api.example";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("where the browser forbids channels, the client works without other tabs", async () => {
  vi.stubGlobal("document", {});
  const forbidden = vi.fn();
  vi.stubGlobal("BroadcastChannel", function forbid() {
    forbidden();
    throw new DOMException("The operation is insecure.", "SecurityError");
  });
  const { fetch } = answering(json(200, session()));
  const client = createClient({ baseUrl, fetch, development: false });
  const states: string[] = [];
  client.session.subscribe(({ status }) => states.push(status));
  await vi.waitFor(() => expect(forbidden).toHaveBeenCalledTimes(1));
  await client.session.load();
  expect(states).toEqual(["signed-in"]);
  client.close();
});

test("the channel opens with the first subscriber or call, and close() closes it", async () => {
  const channel = { onmessage: undefined, postMessage: vi.fn(), close: vi.fn() };
  const opened = vi.fn();
  vi.stubGlobal("document", {});
  vi.stubGlobal("BroadcastChannel", function open(name: string) {
    opened(name);
    return channel;
  });
  const make = (): ReturnType<typeof createClient> =>
    createClient({ baseUrl, fetch: answering(json(200, session())).fetch, development: false });

  const subscribed = make();
  expect(opened).not.toHaveBeenCalled();
  subscribed.session.subscribe(() => {});
  subscribed.session.subscribe(() => {});
  await vi.waitFor(() => expect(opened).toHaveBeenCalledTimes(1));
  subscribed.close();
  await vi.waitFor(() => expect(channel.close).toHaveBeenCalledTimes(1));
  await subscribed.getSession();
  expect(opened, "closed for good").toHaveBeenCalledTimes(1);
  expect(channel.postMessage).not.toHaveBeenCalled();

  const called = make();
  await called.getSession();
  await vi.waitFor(() => expect(opened).toHaveBeenCalledTimes(2));
  called[Symbol.dispose]();
  await vi.waitFor(() => expect(channel.close).toHaveBeenCalledTimes(2));
});

test("a program with a subscribed client ends by itself", async () => {
  const program = `
    import { createClient } from ${JSON.stringify(resolve("dist/index.js"))};
    globalThis.document = {};
    createClient({ baseUrl: ${JSON.stringify(baseUrl)}, development: false }).session.subscribe(() => {});
    console.log("ended");
  `;
  const args = ["--input-type=module", "--eval", program];
  const { stdout } = await run(process.execPath, args, { timeout: 10_000 });
  expect(stdout).toBe("ended\n");
});
