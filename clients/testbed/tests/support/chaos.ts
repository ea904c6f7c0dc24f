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
export const chaos = (args: readonly string[], hasMistakes: boolean): Promise<Ran> =>
  chaosOf("tests/chaos", args, { MISTAKES: hasMistakes ? "1" : "0" });

/** Runs the suite in a folder under chaos. */
export function chaosOf(
  folder: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Ran> {
  const suite = ["playwright", "test", "--config", `${folder}/playwright.config.ts`];
  const command = [resolve(PACKAGE, "dist/command.js"), "chaos", ...args, "--", ...suite];
  const env = { ...process.env, ...variables };
  return new Promise((done) => {
    execFile(process.execPath, command, { cwd: PACKAGE, env }, (error, stdout, stderr) => {
      done({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}
