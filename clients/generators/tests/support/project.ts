import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const COMPILER_OPTIONS = {
  strict: true,
  module: "NodeNext",
  target: "ES2022",
  lib: ["ES2022", "DOM", "DOM.Iterable"],
  types: ["node"],
  typeRoots: [resolve("node_modules/@types")],
  outDir: "out",
  rootDir: ".",
};

/** A folder for what is generated, and the program that uses it. */
export interface Project {
  /** Where the program looks for the generated client. */
  readonly generated: string;
  /** What the compiler has to say: nothing if all is well. */
  compile(): Promise<string>;
  /** Runs the program against the service, and gives what it printed. */
  run(url: string): Promise<string>;
  remove(): Promise<void>;
}

export async function makeProject(program: string): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "bifrons-generated-"));
  for (const file of ["ada.ts", `${program}.ts`]) {
    await cp(join("programs", file), join(folder, file));
  }
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const config = { compilerOptions: COMPILER_OPTIONS, include: ["**/*.ts"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));

  return {
    generated: join(folder, "generated"),
    compile: async () => {
      const tsc = [resolve("node_modules/typescript/bin/tsc"), "-p", folder];
      return (await run(process.execPath, tsc).catch((error) => error)).stdout;
    },
    run: async (url) => {
      const env = { ...process.env, SERVICE_URL: url };
      const { stdout } = await run(process.execPath, [join(folder, "out", `${program}.js`)], {
        env,
      });
      return stdout;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
