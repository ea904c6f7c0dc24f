import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const COMPILER_OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  module: "NodeNext",
  target: "ES2022",
  lib: ["ES2022", "DOM"],
  types: [],
  noEmit: true,
};

/** A project that has installed the built package and nothing else. */
export interface Project {
  /** What the compiler has to say about programs: nothing if all is well. */
  check(...codes: string[]): Promise<string>;
  /** Runs a program with Node and these variables, and gives what it printed. */
  run(code: string, env?: Readonly<Record<string, string>>): Promise<string>;
  remove(): Promise<void>;
}

export async function makeProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "bifrons-project-"));
  await mkdir(join(folder, "node_modules/@bifrons"), { recursive: true });
  await symlink(resolve("."), join(folder, "node_modules/@bifrons/client"));
  const program = join(folder, "program.mts");
  const tool = (path: string, args: string[], more = {}): Promise<{ stdout: string }> => {
    const env = { ...process.env, ...more };
    return run(process.execPath, [resolve("node_modules", path), ...args], { cwd: folder, env });
  };

  return {
    check: async (...codes) => {
      const files = codes.map((_, index) => join(folder, `program-${index}.mts`));
      await Promise.all(files.map((file, index) => writeFile(file, codes[index] ?? "")));
      const config = JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files });
      await writeFile(join(folder, "tsconfig.json"), config);
      const { stdout } = await tool("typescript/bin/tsc", ["-p", "."]).catch((error) => error);
      return stdout;
    },
    run: async (code, env) => {
      await writeFile(program, code);
      return (await tool("tsx/dist/cli.mjs", [program], env)).stdout;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
