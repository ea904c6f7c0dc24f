import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { App } from "./app.js";

const run = promisify(execFile);
const NEXT = resolve("node_modules/next/dist/bin/next");

/** Next.js as people run it: built, and then started. */
export async function startNext(baseUrl: string): Promise<App> {
  const folder = await mkdtemp(join(tmpdir(), "bifrons-next-"));
  await cp("tests/apps/next", folder, { recursive: true });
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@bifrons"), { recursive: true });
  for (const name of ["next", "react", "react-dom"]) {
    await symlink(resolve("node_modules", name), join(modules, name));
  }
  await symlink(resolve("."), join(modules, "@bifrons/client"));

  const env = { ...process.env, NODE_ENV: "production" as const, NEXT_TELEMETRY_DISABLED: "1" };
  await run(process.execPath, [NEXT, "build"], { cwd: folder, env });
  const started = spawn(process.execPath, [NEXT, "start", "-H", "127.0.0.1", "-p", "0"], {
    cwd: folder,
    env: { ...env, SERVICE_URL: baseUrl },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return {
    origin: await originOf(started),
    fetch,
    stop: async () => {
      const ended = once(started, "exit");
      started.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What it says once it is listening. */
function originOf(started: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let output = "";
    started.stdout?.on("data", (chunk) => {
      output += chunk;
      const origin = /Local:\s+(http:\S+).*Ready in/s.exec(output)?.[1];
      if (origin) done(origin);
    });
    started.once("exit", () => fail(new Error(`Next.js did not start:\n${output}`)));
  });
}
