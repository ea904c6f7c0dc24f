import { beforeEach, expect, type MockInstance, test, vi } from "vitest";
import type { ClientOptions } from "../../src/index.js";
import { json } from "../support/answers.js";
import { session } from "../support/sessions.js";

let warn: MockInstance;
beforeEach(() => {
  // What was said is remembered by the module.
  vi.resetModules();
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  return () => warn.mockRestore();
});

/** Calls a service of that version three times, with two clients. */
async function call(service: string | undefined, options: ClientOptions = {}): Promise<string[]> {
  const { createClient } = await import("../../src/index.js");
  const fetch = async (): Promise<Response> => {
    const answer = json(200, session());
    if (service) answer.headers.set("bifrons-version", service);
    return answer;
  };
  const make = (): ReturnType<typeof createClient> =>
    createClient({ baseUrl: "https://api.example", fetch, ...options });
  const client = make();
  await client.getSession();
  await client.getSession();
  await make().getSession();
  return warn.mock.calls.map(([sentence]) => String(sentence));
}

const made = async (): Promise<[major: number, minor: number]> => {
  const { SERVICE_VERSION } = await import("../../src/generated/table.js");
  const [major = 0, minor = 0] = SERVICE_VERSION.split(".").map(Number);
  return [major, minor];
};

test("a service that is newer in a breaking way is named once", async () => {
  const [major, minor] = await made();
  const newer = major === 0 ? `0.${minor + 1}` : `${major + 1}.0`;
  const said = await call(newer);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain(`Bifrons ${newer} answers`);
  expect(said[0]).toContain("Update it.");
});

test.each(["100.0", "1.0"])("%s breaks a client for less", async (newer) => {
  const [major] = await made();
  expect(await call(newer)).toHaveLength(Number.parseInt(newer, 10) > major ? 1 : 0);
});

test("nothing is said about the same service, an older one, or one that names no version", async () => {
  const [major, minor] = await made();
  for (const service of [`${major}.${minor}`, "0.0", "0.1", "", "nonsense", undefined]) {
    expect(await call(service)).toEqual([]);
  }
});

test("nothing is said in production", async () => {
  expect(await call("1000.0", { development: false })).toEqual([]);
  vi.stubEnv("NODE_ENV", "production");
  expect(await call("1000.0")).toEqual([]);
  vi.unstubAllEnvs();
});
