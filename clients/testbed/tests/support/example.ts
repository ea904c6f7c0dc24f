import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const EXAMPLE = resolve(import.meta.dirname, "../../../examples/spa");
const MISTAKES = resolve(import.meta.dirname, "../example/mistakes");

/** The API that the app is built for. The suite puts the real one in its place. */
export const API = "http://api.invalid";

/** The single-page app of the examples, built. */
export interface Example {
  readonly built: string;
  remove(): Promise<void>;
}

/** Builds a copy of the app as it is committed, or with every mistake. */
export async function buildExample(hasMistakes: boolean): Promise<Example> {
  const copy = await mkdtemp(join(tmpdir(), "bifrons-example-"));
  const remove = (): Promise<void> => rm(copy, { recursive: true, force: true });
  try {
    const kept = (path: string): boolean => !path.includes("node_modules");
    await cp(EXAMPLE, copy, { recursive: true, filter: kept });
    await symlink(join(EXAMPLE, "node_modules"), join(copy, "node_modules"));
    if (hasMistakes) {
      for (const file of (await readdir(MISTAKES)).sort()) {
        await run("patch", ["--strip=1", "--fuzz=0", `--input=${join(MISTAKES, file)}`], {
          cwd: copy,
        });
      }
    }
    const vite = join(copy, "node_modules/vite/bin/vite.js");
    const env = { PATH: process.env["PATH"] ?? "", VITE_API_URL: API };
    await run(process.execPath, [vite, "build"], { cwd: copy, env });
    return { built: join(copy, "dist"), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
