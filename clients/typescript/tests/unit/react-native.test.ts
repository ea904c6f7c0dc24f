import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { expect, test } from "vitest";
import type { Client, ClientOptions } from "../../src/index.js";
import { json } from "../support/answers.js";
import { session, withTokens } from "../support/sessions.js";

/** As React Native has it: no reason, no `throwIfAborted`, no static methods. */
class OldSignal {
  aborted = false;
  readonly listeners = new Set<() => void>();
  addEventListener(_: string, listener: () => void): void {
    this.listeners.add(listener);
  }
  removeEventListener(_: string, listener: () => void): void {
    this.listeners.delete(listener);
  }
}
class OldController {
  readonly signal = new OldSignal();
  abort(): void {
    this.signal.aborted = true;
    for (const listener of this.signal.listeners) listener();
  }
}

/** The client in a world that has React Native's globals and no others. */
async function inReactNative(fetch: unknown): Promise<(options: ClientOptions) => Client> {
  const { outputFiles } = await build({
    entryPoints: ["src/index.ts"],
    bundle: true,
    format: "iife",
    globalName: "bifrons",
    target: "es2022",
    write: false,
  });
  const globals = {
    ...{ fetch, Headers, URLSearchParams, AbortController: OldController },
    ...{ setTimeout, clearTimeout, console, process: { env: { NODE_ENV: "development" } } },
  };
  const context = { ...globals, window: {}, navigator: { product: "ReactNative" } };
  return runInNewContext(`${outputFiles[0]?.text}\nbifrons.createClient`, context);
}

const baseUrl = "https://api.example";
const ada = { email: "ada@example.org", password: "secret" };

test("signs in and calls with React Native's globals", async () => {
  const answers = [json(200, withTokens(1, "s1", true)), json(200, session().user)];
  const createClient = await inReactNative(async () => answers.shift());
  const client = createClient({ baseUrl, mode: "token" });
  await client.signIn(ada);
  expect((await client.getMe()).data?.email).toBe(ada.email);
  expect(client.session.get().status).toBe("signed-in");
});

test("a timeout and an abort have their names without DOMException", async () => {
  const createClient = await inReactNative(() => new Promise(() => {}));
  const client = createClient({ baseUrl });
  await expect(client.getMe({}, { timeout: 1 })).rejects.toMatchObject({ name: "TimeoutError" });
  const controller = new OldController();
  const signal = controller.signal as unknown as AbortSignal;
  const call = client.getMe({}, { signal });
  controller.abort();
  await expect(call).rejects.toMatchObject({ name: "AbortError" });
  await expect(client.getMe({}, { signal })).rejects.toMatchObject({ name: "AbortError" });
});
