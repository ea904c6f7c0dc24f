import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { lastTag } from "../../scripts/spec-diff/released.js";
import type { Create } from "./stories.js";

const root = resolve(import.meta.dirname, "../../../..");

/** The commit of the last release of the service, and before there is one, what led to it. */
export const lastRelease = async (): Promise<string> =>
  (await readFile(join(root, ".ci/last-release"), "utf8")).trim();

/** The client as it was released last, and before its first release, that of the last service. */
export async function previousClient(): Promise<Create> {
  const commit = (await lastTag(root)) ?? (await lastRelease());
  fetchIfMissing(commit);
  const folder = await mkdtemp(join(tmpdir(), "bifrons-previous-"));
  try {
    const sources = execFileSync("git", ["archive", commit, "clients/typescript/src"], {
      cwd: root,
      maxBuffer: 2 ** 26,
    });
    execFileSync("tar", ["--extract"], { cwd: folder, input: sources });
    const outfile = join(folder, "client.mjs");
    await build({
      entryPoints: [join(folder, "clients/typescript/src/index.ts")],
      bundle: true,
      platform: "node",
      format: "esm",
      outfile,
      logLevel: "error",
    });
    return (await import(pathToFileURL(outfile).href)).createClient;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A clone may lack the history. */
function fetchIfMissing(commit: string): void {
  try {
    execFileSync("git", ["cat-file", "-e", `${commit}^{commit}`], { cwd: root, stdio: "ignore" });
  } catch {
    execFileSync("git", ["fetch", "--quiet", "--depth=1", "origin", commit], { cwd: root });
  }
}

/** The program of the service as it was released last; compiles it the first time. */
export async function previousService(): Promise<string> {
  const built = execFileSync(join(root, ".ci/previous"), [await lastRelease()], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return built.trim();
}
