import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { expect } from "vitest";

/** A service that a test started, as an operator would. */
export interface Service {
  readonly url: string;
  readonly process: ChildProcess;
  /** Sends a signal, and waits for the end: the exit status, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** Runs a command that serves, and waits until it prints its address. */
export async function start(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<Service> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal));
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    const read = (chunk: Buffer): void => {
      said += chunk.toString();
      const address = /listening on (?:127\.0\.0\.1|0\.0\.0\.0):(\d+)/.exec(said);
      if (address !== null) resolve(`http://127.0.0.1:${address[1]}`);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", reject);
    void ended.then((end) => reject(new Error(`${command} ended with ${end}: ${said}`)));
  });
  return {
    url,
    process: child,
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
}

const ADA = { email: "ada@example.org", password: "correct horse battery" };

async function post(url: string, path: string, body: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** Signs up. */
export async function signUp(url: string): Promise<void> {
  const answer = await post(url, "/v1/users", { ...ADA, name: "Ada" });
  expect(answer.status, await answer.text()).toBe(201);
}

/** Signs in in both modes, and asks who the user is. */
export async function signIn(url: string): Promise<void> {
  const byCookie = await post(url, "/v1/session", ADA);
  expect(byCookie.status).toBe(200);
  const cookies = byCookie.headers.getSetCookie().map((one) => one.split(";")[0]);
  const byToken = await post(url, "/v1/session", { ...ADA, mode: "token" });
  const { tokens } = (await byToken.json()) as { tokens: { access_token: string } };
  for (const headers of [
    { cookie: cookies.join("; ") },
    { authorization: `Bearer ${tokens.access_token}` },
  ]) {
    const session = await fetch(`${url}/v1/session`, { headers });
    const { user } = (await session.json()) as { user: { email: string } };
    expect([session.status, user.email]).toEqual([200, ADA.email]);
  }
}
