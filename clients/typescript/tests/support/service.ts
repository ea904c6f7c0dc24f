import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const BINARY: string = resolve(process.env["BIFRONS_BIN"] ?? "../../target/debug/bifrons");

/** A running service with its own data, and how to end it. */
export interface Service {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the real service on a free port, for pages of the given origins. */
export async function startService(origins: readonly string[] = []): Promise<Service> {
  if (!existsSync(BINARY)) {
    throw new Error(
      `There is no service at ${BINARY}: run \`cargo build\` at the root of the repository, or name another with BIFRONS_BIN.`,
    );
  }
  const port = await freePort();
  const adminPort = await freePort();
  const url = `http://localhost:${port}`;
  const data = await mkdtemp(join(tmpdir(), "bifrons-data-"));
  const service = spawn(BINARY, ["serve"], {
    // Not in the repository, whose configuration file is not meant for tests.
    cwd: data,
    env: {
      PATH: process.env["PATH"],
      BIFRONS_LISTEN: `127.0.0.1:${port}`,
      BIFRONS_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
      BIFRONS_PUBLIC_URL: url,
      ...(origins.length > 0 ? { BIFRONS_ORIGINS: origins.join(",") } : {}),
      BIFRONS_DATA_DIR: data,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  for (const stream of [service.stdout, service.stderr]) {
    stream.on("data", (text: Buffer) => output.push(text.toString()));
  }
  const exited = new Promise<void>((done) => service.once("exit", () => done()));
  const stop = async (): Promise<void> => {
    service.kill();
    await exited;
    await rm(data, { recursive: true, force: true });
  };

  if (await becomesReady(url, service)) return { url, stop };
  await stop();
  throw new Error(`The service did not become ready:\n${output.join("")}`);
}

async function becomesReady(url: string, service: ChildProcess): Promise<boolean> {
  for (const until = Date.now() + 30_000; Date.now() < until && service.exitCode === null; ) {
    const ready = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (ready?.ok) return true;
    await new Promise((done) => setTimeout(done, 50));
  }
  return false;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("No port");
  return address.port;
}
