import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBinary } from "./binary.js";
import type { Ready, StartOptions } from "./types.js";

/** A program that serves. */
export interface Running {
  readonly ready: Ready;
  stop(): Promise<void>;
}

/** Starts the program, and waits until it is ready. It ends with this process, however that ends. */
export async function run(options: StartOptions): Promise<Running> {
  const args = ["--until-stdin-closes"];
  const { now, users } = options;
  if (now !== undefined) args.push("--now", typeof now === "string" ? now : now.toISOString());
  const folder = users === undefined ? undefined : await mkdtemp(join(tmpdir(), "testbed-seed-"));
  try {
    if (folder !== undefined) {
      const seed = join(folder, "seed.json");
      await writeFile(seed, JSON.stringify({ users }));
      args.push("--seed", seed);
    }
    const child = spawn(options.binary ?? findBinary(), args, {
      env: { ...process.env, ...options.settings },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const ready = await untilReady(child);
    return {
      ready,
      async stop() {
        child.ref();
        child.kill("SIGTERM");
        await ended;
      },
    };
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** The line that the program prints. Afterwards it keeps no test runner from ending. */
async function untilReady(child: ChildProcess): Promise<Ready> {
  const { stdin, stdout, stderr } = child;
  let line = "";
  let said = "";
  stderr?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ready = await new Promise<Ready>((resolve, reject) => {
    stdout?.on("data", (chunk: Buffer) => {
      line += chunk.toString();
      if (line.includes("\n")) resolve(JSON.parse(line) as Ready);
    });
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`bifrons-testbed ended with ${code}: ${said}`)));
  });
  child.unref();
  for (const stream of [stdin, stdout, stderr]) {
    if (stream !== null && "unref" in stream && typeof stream.unref === "function") stream.unref();
  }
  return ready;
}
