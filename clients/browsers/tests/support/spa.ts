import { execFile } from "node:child_process";
import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { IS_WHOLE, type Kind } from "./browser.js";
import { type Pages, serve } from "./pages.js";
import { freePort } from "./ports.js";
import { startProgram } from "./program.js";

const run = promisify(execFile);

const EXAMPLE = resolve("../examples/spa");

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

const VITE = "node_modules/vite/bin/vite.js";

/** How the app presents the session. */
export const MODES = ["cookie", "token"] as const;
export type Mode = (typeof MODES)[number];

/** The modes that each of these browsers has to try: one each in turn, unless the whole runs. */
export function modesIn(kinds: readonly Kind[]): (kind: Kind) => readonly Mode[] {
  return (kind) => MODES.filter((_, at) => IS_WHOLE || kinds.indexOf(kind) % MODES.length === at);
}

/** The single-page app of the examples, on any host. */
export interface Spa extends Pages {
  /** Builds it, as it is built to be deployed. It is served from then on. */
  build(api: string, mode: Mode): Promise<void>;
  stop(): Promise<void>;
}

/** Serves the app. It is built later, for a service that in turn has to know the app's origin. */
export async function serveSpa(): Promise<Spa> {
  const folder = await mkdtemp(join(tmpdir(), "bifrons-spa-"));
  const pages = await serve(({ url = "/" }, response) => {
    // The app itself has the pages: every host of such apps is set up like this.
    const path = join(folder, extname(url) ? url : "index.html");
    const type = TYPES[extname(path)];
    if (type && existsSync(path)) {
      createReadStream(path).pipe(response.setHeader("content-type", type));
    } else {
      response.writeHead(404).end();
    }
  });
  return {
    ...pages,
    async build(api, mode) {
      const args = [VITE, "build", "--outDir", folder, "--emptyOutDir"];
      await run(process.execPath, args, {
        cwd: EXAMPLE,
        env: { VITE_API_URL: api, VITE_MODE: mode },
      });
    },
    async stop() {
      pages.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Serves it as those see it who work on it. */
export async function developSpa(api: string): Promise<{ origin: string; stop(): Promise<void> }> {
  let origin = "";
  const { stop } = await startProgram(
    process.execPath,
    [VITE, "--port", String(await freePort())],
    {
      cwd: EXAMPLE,
      env: { VITE_API_URL: api, NO_COLOR: "1" },
      ready: "Local:",
      onLine: (line) => {
        origin = /Local:\s+(http:\S+)\//.exec(line)?.[1] ?? origin;
      },
    },
  );
  return { origin, stop };
}
