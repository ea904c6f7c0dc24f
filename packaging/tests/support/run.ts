import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

/** The folder of the repository. */
export const ROOT: string = resolve(import.meta.dirname, "../../..");

/** Where `make dist` writes, and whether the tests are for what it wrote. */
export const DIST: string = join(ROOT, "dist");
export const IS_RELEASE: boolean = process.env["RELEASE"] === "1";

/** Runs a command, and returns what it prints. Its errors carry what it said. */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  return stdout;
}

/** How a command ends that may fail: its exit status, and all that it said. */
export async function ending(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ code: number; said: string }> {
  return new Promise((done) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
      done({ code, said: stdout + stderr });
    });
  });
}

/** An empty folder, removed after the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bifrons-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
