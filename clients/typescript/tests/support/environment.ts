import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../../../browsers/tests/support/ports.js";
import { startProgram } from "../../../browsers/tests/support/program.js";
import type { Fetch } from "../../src/runtime/call.js";

const run = promisify(execFile);

/** What a program of an environment may know of this machine. */
const MACHINE = {
  PATH: process.env["PATH"] ?? "",
  HOME: process.env["HOME"] ?? "",
  CHROMIUM_BIN: process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium",
  CI: "1",
  NO_COLOR: "1",
  HOST: "127.0.0.1",
  NEXT_TELEMETRY_DISABLED: "1",
  NUXT_TELEMETRY_DISABLED: "1",
} as const;

/** A copy of one of the folders of `tests/environments`, with what it needs. */
export interface Environment {
  /** Runs a script of its package.json to the end, and gives what it printed. */
  script(name: string, env?: Readonly<Record<string, string>>): Promise<string>;
  /** Starts its server, and waits until it answers. */
  start(env: Readonly<Record<string, string>>, port?: number): Promise<Site>;
  remove(): Promise<void>;
}

/**
 * A site that is rendered on a server: `GET /` shows whose it is in `<main>`, a form sent to
 * `POST /session` signs in, and `DELETE /session` signs out.
 */
export interface Site {
  readonly origin: string;
  readonly fetch: Fetch;
  stop(): Promise<void>;
}

/** Packs the client as it is published; gives the path of the tarball. */
export async function pack(folder: string): Promise<string> {
  const packing = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await run("npm", packing);
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  return join(folder, packed?.filename ?? "");
}

/** Installs an environment from the registry, as a new user does, with the client from a tarball. */
export async function install(name: string, tarball: string): Promise<Environment> {
  return environment(name, async (folder) => {
    await cp(tarball, join(folder, "client.tgz"));
    const flags = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
    await run("npm", ["install", ...flags], { cwd: folder, env: MACHINE, maxBuffer: 2 ** 26 });
  });
}

/** The same without the registry: with links to the packages that this one has installed. */
export async function link(name: string): Promise<Environment> {
  return environment(name, async (folder) => {
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    for (const dependency of Object.keys(manifest.dependencies)) {
      const place = join(folder, "node_modules", dependency);
      await mkdir(dirname(place), { recursive: true });
      const ours = basename(dependency) === "client";
      await symlink(ours ? resolve(".") : resolve("node_modules", dependency), place);
    }
    // Turbopack follows no link out of its root.
    if (name === "next") {
      const config = 'export default { turbopack: { root: "/" } };';
      await writeFile(join(folder, "next.config.js"), config);
    }
  });
}

async function environment(
  name: string,
  prepare: (folder: string) => Promise<void>,
): Promise<Environment> {
  const folder = await mkdtemp(join(tmpdir(), `bifrons-${name}-`));
  await cp(join("tests/environments", name), folder, { recursive: true });
  await prepare(folder);
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const PATH = `${join(folder, "node_modules/.bin")}:${MACHINE.PATH}`;
  // Not by npm, which would stay between a server and the signal that ends it.
  const shell = (script: string): string[] => ["-c", `exec ${manifest.scripts[script]}`];
  return {
    script: async (script, env = {}) => {
      const options = { cwd: folder, env: { ...MACHINE, PATH, ...env }, maxBuffer: 2 ** 26 };
      const { stdout, stderr } = await run("sh", shell(script), options).catch((error) => {
        throw new Error(`${name}: ${script}: ${error.stdout}\n${error.stderr}`);
      });
      return stdout + stderr;
    },
    start: async (env, given) => {
      const port = String(given ?? (await freePort()));
      const origin = `http://localhost:${port}`;
      const program = await startProgram("sh", shell("start"), {
        cwd: folder,
        env: { ...MACHINE, PATH, PORT: port, ORIGIN: origin, ...env },
        // Each of them prints its address.
        ready: port,
      });
      while (!(await fetch(origin).catch(() => undefined))) await setTimeout(50);
      return { origin, fetch, stop: () => program.stop() };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
