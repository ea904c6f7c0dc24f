import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const BINARY: string = resolve(process.env["SERVICE_BIN"] ?? "../../target/debug/bifrons");

/** What it prints once it is listening, and when the port was taken after all. */
const LISTENING = "listening on";
const PORT_TAKEN = "cannot listen on";

const START_MS = 30_000;
const STOP_MS = 10_000;

/** A running service with its own data, and how to end it. */
export interface Service {
  readonly url: string;
  /** Ends it for good, with its data. */
  stop(): Promise<void>;
  /** Ends it, to be started again. */
  down(): Promise<void>;
  /** Starts it again in the same place. */
  up(): Promise<void>;
}

/** Starts the real service on a free port, for pages of the given origins. */
export async function startService(origins: readonly string[] = []): Promise<Service> {
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
  const url = `http://localhost:${port}`;
  const data = await mkdtemp(join(tmpdir(), "bifrons-data-"));
  let child: ChildProcess | undefined;
  const up = async (): Promise<string | undefined> => {
    child = spawn(BINARY, ["serve"], {
      // Not in the repository, whose configuration file is not meant for tests.
      cwd: data,
      // Nothing of the caller's: the service refuses variables of its own that it does not know.
      env: {
        BIFRONS_LISTEN: `127.0.0.1:${port}`,
        BIFRONS_PUBLIC_URL: url,
        BIFRONS_ORIGINS: origins.join(","),
        BIFRONS_DATA_DIR: data,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { listening, output } = await untilListening(child);
    return listening ? undefined : output;
  };
  const cleanUp = (): void => {
    child?.kill("SIGKILL");
    rmSync(data, { recursive: true, force: true });
  };
  // Whatever becomes of the tests, nothing is left behind.
  process.once("exit", cleanUp);

  const stop = async (): Promise<void> => {
    if (child) await end(child);
    process.removeListener("exit", cleanUp);
    cleanUp();
  };
  const failure = await up();
  if (failure === undefined) {
    const service: Service = {
      url,
      stop,
      down: async () => {
        if (child) await end(child);
      },
      up: async () => {
        const output = await up();
        if (output !== undefined) throw new Error(`The service did not start again:\n${output}`);
      },
    };
    return { service, output: "" };
  }
  await stop();
  return { output: failure };
}

/** Asks it to end, and waits until it has. */
async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const exited = once(child, "exit");
  child.kill();
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(timer);
}

/** Waits until the service says that it listens; it says so after its data is ready. */
function untilListening(child: ChildProcess): Promise<{ listening: boolean; output: string }> {
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
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes(LISTENING)) end(true);
      });
    }
  });
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("No port");
  return address.port;
}
