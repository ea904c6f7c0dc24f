import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inject } from "vitest";
import { freePort } from "./ports.js";

/** The service's program. */
export const BINARY: string = resolve(process.env["SERVICE_BIN"] ?? "../../target/debug/bifrons");

/** What it prints once it is listening, and when the port was taken after all. */
const LISTENING = "listening on";
const PORT_TAKEN = "cannot listen on";

const START_MS = 30_000;
const STOP_MS = 10_000;

/** The real service at https://api.jazzmeet.site, with its own data. */
export interface Service {
  readonly origin: string;
  /** What it answered so far, oldest first: `POST /v1/session 200`. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

/** Starts it for frontends of the given origins. */
export async function startService(origins: readonly string[]): Promise<Service> {
  if (!existsSync(BINARY)) {
    throw new Error(
      `There is no service at ${BINARY}: run \`cargo build\` at the root of the repository, or name another with SERVICE_BIN.`,
    );
  }
  for (let attempt = 1; ; attempt += 1) {
    const { service, output } = await tryToStart(origins);
    if (service) return service;
    if (attempt === 5 || !output.includes(PORT_TAKEN)) {
      throw new Error(`The service did not start:\n${output}`);
    }
  }
}

async function tryToStart(
  origins: readonly string[],
): Promise<{ service?: Service; output: string }> {
  const port = await freePort();
  const origin = `https://api.jazzmeet.site:${port}`;
  const { cert, key } = inject("tls");
  const data = mkdtempSync(join(tmpdir(), "bifrons-data-"));
  const child = spawn(BINARY, ["serve"], {
    // Not in the repository, whose configuration file is not meant for tests.
    cwd: data,
    // Nothing of the caller's: the service refuses variables of its own that it does not know.
    env: {
      BIFRONS_LISTEN: `127.0.0.1:${port}`,
      BIFRONS_PUBLIC_URL: origin,
      BIFRONS_ORIGINS: origins.join(","),
      BIFRONS_DEV_ORIGINS: "http://localhost:*",
      BIFRONS_DATA_DIR: data,
      BIFRONS_TLS__CERT: cert,
      BIFRONS_TLS__KEY: key,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const cleanUp = (): void => {
    child.kill("SIGKILL");
    rmSync(data, { recursive: true, force: true });
  };
  // Whatever becomes of the tests, nothing is left behind.
  process.once("exit", cleanUp);

  const stop = async (): Promise<void> => {
    if (isRunning(child)) {
      const exited = once(child, "exit");
      child.kill();
      // Browsers keep connections open, which the service waits for.
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(timer);
    }
    process.removeListener("exit", cleanUp);
    cleanUp();
  };
  const log: string[] = [];
  const { listening, output } = await untilListening(child, (line) => {
    const { method, path, status } =
      line.match(/answered method=(?<method>\w+) path="(?<path>.*?)" status=(?<status>\d+)/)
        ?.groups ?? {};
    if (method) log.push(`${method} ${path} ${status}`);
  });
  if (listening) return { service: { origin, log, stop }, output };
  await stop();
  return { output };
}

/** Waits until the service says that it listens, and goes on reading what it says. */
function untilListening(
  child: ChildProcess,
  read: (line: string) => void,
): Promise<{ listening: boolean; output: string }> {
  let output = "";
  return new Promise((done) => {
    const end = (listening: boolean): void => {
      clearTimeout(timer);
      done({ listening, output });
    };
    const timer = setTimeout(() => end(false), START_MS);
    child.once("error", (error) => {
      output += error.message;
      end(false);
    });
    // Not "exit", after which the reason may still be in the pipe.
    child.once("close", () => end(false));
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes(LISTENING)) end(true);
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        lines.forEach(read);
      });
    }
  });
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}
