import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const START_MS = 30_000;
const STOP_MS = 10_000;

export interface ProgramOptions {
  readonly cwd: string;
  /** Its whole environment: nothing of the caller's. */
  readonly env: Readonly<Record<string, string>>;
  /** How long it may take until then, if it is more than usual. */
  readonly startMs?: number;
  /** What it prints once it is ready. */
  readonly ready: string;
  /** Is told every line that it prints, for as long as it runs. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** A program that runs. */
export interface Program {
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
  /** Ends it at once, in the middle of its work, and waits until it has ended. */
  kill(): Promise<void>;
}

/** Why a program is not ready: all that it printed. */
export class NotStarted extends Error {}

/** Starts a program, and waits until it says that it is ready. */
export async function startProgram(
  command: string,
  args: readonly string[],
  { cwd, env, ready, onLine, startMs = START_MS }: ProgramOptions,
): Promise<Program> {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  // Also when the tests fail: first end the programs, then remove their folders.
  const kill = (): unknown => child.kill("SIGKILL");
  process.prependOnceListener("exit", kill);
  const program: Program = {
    async stop() {
      process.removeListener("exit", kill);
      if (!isRunning(child)) return;
      const exited = once(child, "exit");
      child.kill();
      // Browsers keep connections open, which servers wait for.
      const timer = setTimeout(kill, STOP_MS);
      await exited;
      clearTimeout(timer);
    },
    async kill() {
      process.removeListener("exit", kill);
      if (!isRunning(child)) return;
      const exited = once(child, "exit");
      kill();
      await exited;
    },
  };
  try {
    await untilReady(child, ready, startMs, onLine);
    return program;
  } catch (error) {
    await program.stop();
    throw error;
  }
}

/** Waits until the program says that it is ready, and goes on reading what it says. */
function untilReady(
  child: ChildProcess,
  ready: string,
  startMs: number,
  onLine?: (line: string) => void,
): Promise<void> {
  let output = "";
  return new Promise((done, fail) => {
    const giveUp = (): void => fail(new NotStarted(`It did not start:\n${output}`));
    const timer = setTimeout(giveUp, startMs);
    child.once("error", (error) => {
      output += error.message;
      giveUp();
    });
    // Not "exit", after which the reason may still be in the pipe.
    child.once("close", () => {
      clearTimeout(timer);
      giveUp();
    });
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes(ready)) {
          clearTimeout(timer);
          done();
        }
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        if (onLine) lines.forEach(onLine);
      });
    }
  });
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}
