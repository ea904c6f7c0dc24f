import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { startProgram } from "../../../browsers/tests/support/program.js";
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

  const env = { PATH: process.env["PATH"] ?? "", NEXT_TELEMETRY_DISABLED: "1" };
  await run(process.execPath, [NEXT, "build"], { cwd: folder, env });
  let origin = "";
  const program = await startProgram(
    process.execPath,
    [NEXT, "start", "-H", "127.0.0.1", "-p", "0"],
    {
      cwd: folder,
      env: { ...env, SERVICE_URL: baseUrl },
      ready: "Ready in",
      onLine: (line) => {
        origin = /Local:\s+(http:\S+)/.exec(line)?.[1] ?? origin;
      },
    },
  );
  return {
    origin,
    fetch,
    stop: async () => {
      await program.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
