import { execFile } from "node:child_process";
import { resolve } from "node:path";

const PACKAGE = resolve(import.meta.dirname, "../..");

/** What a chaos run printed, and its exit status. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the small frontend's suite under chaos. */
export function chaos(args: readonly string[], hasMistakes: boolean): Promise<Ran> {
  const suite = ["playwright", "test", "--config", "tests/chaos/playwright.config.ts"];
  const command = [resolve(PACKAGE, "dist/command.js"), "chaos", ...args, "--", ...suite];
  const env = { ...process.env, MISTAKES: hasMistakes ? "1" : "0" };
  return new Promise((done) => {
    execFile(process.execPath, command, { cwd: PACKAGE, env }, (error, stdout, stderr) => {
      done({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}
