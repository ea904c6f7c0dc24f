import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page, Visitor } from "./browser.js";
import { freePort } from "./ports.js";

const BINARY: string = process.env["WEBKIT_BIN"] ?? defaultBinary();
const DRIVER: string = process.env["WEBKIT_DRIVER"] ?? "/usr/bin/WebKitWebDriver";
const SCREEN = "/usr/bin/Xvfb";

function defaultBinary(): string {
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  return `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`;
}

/** What WebKitGTK needs and this machine does not have. */
export const missingForWebKit: readonly string[] = [BINARY, DRIVER, SCREEN].filter(
  (path) => !existsSync(path),
);

/** Every name that a page asks for: this browser has no switch that finds them all here. */
const HOSTS = [
  "localhost",
  "api.localhost",
  "app.localhost",
  "jazzmeet.site",
  "api.jazzmeet.site",
  "admin.jazzmeet.site",
  "app.jazzmeet.site",
  "jazzmeet-admin.site",
  "one.fly.dev",
  "two.fly.dev",
  "api.jazz.co.kr",
  "app.jazz.co.kr",
];

const START_MS = 30_000;

/** WebKitGTK with intelligent tracking prevention, as Safari has it. It needs a screen, which is made up. */
export async function startWebKit(): Promise<Browser<Page>> {
  const folder = mkdtempSync(join(tmpdir(), "bifrons-webkit-"));
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, HOSTS.map((name) => `127.0.0.1 ${name}\n`).join(""));
  const children: ChildProcess[] = [];
  const cleanUp = (): void => {
    // Whole groups: the driver has the browser below it.
    for (const { pid } of children) if (pid !== undefined) killGroup(pid);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", cleanUp);
  const stop = async (): Promise<void> => {
    process.removeListener("exit", cleanUp);
    const ends = children.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit"));
    cleanUp();
    await Promise.all(ends);
    // What the browser was still writing.
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const screen = spawn(SCREEN, ["-displayfd", "3", "-nolisten", "tcp"], {
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    children.push(screen);
    const [number] = (await once(screen.stdio[3] as Readable, "data", within(START_MS))) as [
      Buffer,
    ];

    const port = await freePort();
    // A file system of its own, in which the hosts of this machine are others.
    const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    const mounted = `mount --bind "$1" /etc/hosts && exec "$2" --host=127.0.0.1 --port="$3"`;
    const command = ["sh", "-c", mounted, "sh", hosts, DRIVER, String(port)];
    const driver = spawn("unshare", [...user, "--mount", ...command], {
      detached: true,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        XDG_RUNTIME_DIR: folder,
        DISPLAY: `:${number.toString().trim()}`,
        NO_AT_BRIDGE: "1",
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.push(driver);
    let said = "";
    driver.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const url = `http://127.0.0.1:${port}`;
    const deadline = Date.now() + START_MS;
    while (!(await isReady(url))) {
      if (driver.exitCode !== null || Date.now() > deadline) {
        throw new Error(`WebKitGTK's driver did not start:\n${said}`);
      }
      await sleep(100);
    }
    return { visitor: () => openSession(url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const within = (ms: number): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(ms) });

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // It is gone.
  }
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/status`, within(START_MS)).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** A browser for each visitor: what one kept, no other finds. The driver has one at a time. */
async function openSession(driver: string): Promise<Visitor<Page>> {
  const capabilities = {
    alwaysMatch: {
      acceptInsecureCerts: true,
      timeouts: { script: START_MS, pageLoad: START_MS },
      "webkitgtk:browserOptions": { binary: BINARY, args: ["--automation", "--enable-itp"] },
    },
  };
  const { sessionId } = await command<{ sessionId: string }>("POST", `${driver}/session`, {
    capabilities,
  });
  const session = `${driver}/session/${sessionId}`;
  // The first window is there already.
  let next = await command<string>("GET", `${session}/window`);
  return {
    async open(url) {
      next ||= (await command<{ handle: string }>("POST", `${session}/window/new`, {})).handle;
      const page = await openPage(session, next, url);
      next = "";
      return page;
    },
    leave: () => command("DELETE", session),
  };
}

async function openPage(session: string, handle: string, url: string): Promise<Page> {
  /** Commands go to the window that was switched to last. */
  const here = async <Result>(name: string, body: object): Promise<Result> => {
    await command("POST", `${session}/window`, { handle });
    return command<Result>("POST", `${session}/${name}`, body);
  };
  await here("url", { url });
  return {
    async run(job, argument) {
      const { value, error } = await here<{ value: never; error?: string }>("execute/async", {
        script: `
          const [argument, done] = arguments;
          (async () => (${job})(argument))().then(
            (value) => done({ value }),
            (error) => done({ error: String(error) }),
          );`,
        args: [argument ?? null],
      });
      if (error !== undefined && error !== null) throw new Error(error);
      return value;
    },
    inject: (script) => here("execute/sync", { script, args: [] }),
    reload: () => here("refresh", {}),
  };
}

/** One command of the WebDriver protocol. */
async function command<Result>(method: string, url: string, body?: object): Promise<Result> {
  const content = body && { body: JSON.stringify(body) };
  const answer = await fetch(url, { method, ...content, ...within(2 * START_MS) });
  const { value } = (await answer.json()) as { value: Result & { error?: string } };
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname}: ${JSON.stringify(value)}`);
  return value;
}
