import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./ports.js";
import { NotStarted, type Program, startProgram } from "./program.js";

/** The service's program. */
export const BINARY: string = resolve(process.env["SERVICE_BIN"] ?? "../../target/debug/bifrons");

/** What it prints once it is listening, and when the port was taken after all. */
const LISTENING = "listening on";
const PORT_TAKEN = "cannot listen on";

/** The real service with its own data, wherever it is. */
export interface Bifrons {
  readonly port: number;
  /** Runs a command of the program with the same settings and data, and gives what it printed. */
  command(...args: string[]): Promise<string>;
  /** Ends it for good, with its data. */
  stop(): Promise<void>;
  /** Ends it, to be started again. */
  down(): Promise<void>;
  /** Ends it as a crash does, to be started again. */
  kill(): Promise<void>;
  /** Starts it again in the same place. */
  up(): Promise<void>;
}

/** What it is told in its environment, besides where to listen and where its data is. */
type Settings = (port: number) => Readonly<Record<string, string>>;

/** Starts the service on a free port. */
export async function startBifrons(
  settings: Settings,
  onLine?: (line: string) => void,
): Promise<Bifrons> {
  if (!existsSync(BINARY)) {
    throw new Error(
      `There is no service at ${BINARY}: run \`cargo build\` at the root of the repository, or name another with SERVICE_BIN.`,
    );
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(settings, onLine);
    } catch (error) {
      const isTaken = error instanceof NotStarted && error.message.includes(PORT_TAKEN);
      if (!isTaken || attempt === 5) throw error;
    }
  }
}

async function start(settings: Settings, onLine?: (line: string) => void): Promise<Bifrons> {
  const port = await freePort();
  const data = mkdtempSync(join(tmpdir(), "bifrons-data-"));
  const forget = (): void => rmSync(data, { recursive: true, force: true });
  process.once("exit", forget);
  const options = {
    // Not in the repository, whose configuration file is not meant for tests.
    cwd: data,
    // The service refuses variables of its own that it does not know.
    env: { BIFRONS_LISTEN: `127.0.0.1:${port}`, BIFRONS_DATA_DIR: data, ...settings(port) },
    ready: LISTENING,
    onLine,
  };
  let program: Program | undefined;
  const service: Bifrons = {
    port,
    command: async (...args) => {
      const { cwd, env } = options;
      return (await promisify(execFile)(BINARY, args, { cwd, env })).stdout;
    },
    async stop() {
      await program?.stop();
      process.removeListener("exit", forget);
      forget();
    },
    async down() {
      await program?.stop();
    },
    async kill() {
      await program?.kill();
    },
    async up() {
      program = await startProgram(BINARY, ["serve"], options);
    },
  };
  try {
    await service.up();
    return service;
  } catch (error) {
    await service.stop();
    throw error;
  }
}
