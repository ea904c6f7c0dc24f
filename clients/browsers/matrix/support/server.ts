import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import { direct } from "../../tests/support/direct.js";
import { ADA } from "../../tests/support/people.js";
import { listen } from "../../tests/support/ports.js";
import { type Program, startProgram } from "../../tests/support/program.js";
import { type Service, startService } from "../../tests/support/service.js";
import { nginx } from "./nginx.js";
import { tomcat } from "./tomcat.js";
import { API_HOST, COOKIE, type Cookie, type Cors, type Variant } from "./variants.js";

/** A variant with every setting, as a server reads it. */
export interface Resolved {
  readonly name: string;
  readonly port: number;
  /** Behind nginx. */
  readonly upstream: number;
  readonly method: string;
  readonly cookie_name: string;
  readonly cors: Cors | null;
  readonly cookie: Cookie;
  /** Whether the application writes the cookie by itself, without the framework's session. */
  readonly own: boolean;
  readonly deleted: boolean;
  readonly padding: number;
  readonly folded: boolean;
  readonly redirect: { readonly status: number; readonly to: string } | null;
  /** The code of remedies, by the place where it goes. */
  readonly snippets: Readonly<Record<string, string>>;
}

/** A call that a server saw. */
export interface Logged {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly cookies: readonly string[];
}

/** A kind of server that runs, with an API for each variant. */
export interface Running {
  readonly variants: readonly Resolved[];
  /** Every call so far, once the one to this path has been seen. */
  log(until: string): Promise<readonly Logged[]>;
  stop(): Promise<void>;
}

export const KINDS = [
  "express",
  "cookie_session",
  "fastify",
  "hono",
  "fastapi",
  "django",
  "nginx",
  "tomcat",
  "bifrons",
] as const;
export type ServerKind = (typeof KINDS)[number];

/** A variant with the code of remedies. */
export interface Remedied {
  readonly variant: Variant;
  readonly snippets: Readonly<Record<string, string>>;
}

export interface Places {
  readonly frontends: readonly string[];
  /** A host without CORS, by https and http. */
  readonly elsewhere: string;
  readonly http: string;
}

const SERVERS = resolve("matrix/servers");

export async function startServer(
  kind: ServerKind,
  remedied: readonly Remedied[],
  places: Places,
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), `bifrons-${kind}-`));
  const ports = await freePorts(2 * remedied.length);
  const variants = remedied.map(({ variant, snippets }, at) => ({
    ...resolveVariant(variant, places),
    port: ports[2 * at] ?? 0,
    upstream: ports[2 * at + 1] ?? 0,
    snippets,
  }));
  const settings = join(folder, "settings.json");
  const service = kind === "bifrons" ? await serviceFor(places) : undefined;
  const origin = service?.origin;
  writeFileSync(settings, JSON.stringify({ kind, tls: inject("tls"), variants, origin }));
  let lines: Logged[] = [];
  // What does not log to its standard output logs to this file.
  const file = ["nginx", "tomcat"].includes(kind) ? join(folder, "logs/access.log") : undefined;
  const waiting = new Map<string, () => void>();
  const heard = (line: string): void => {
    for (const logged of parse(line)) {
      lines.push(logged);
      waiting.get(logged.path)?.();
    }
  };
  const programs: Program[] = [];
  const run = async (command: string, args: string[], ready: string, env = {}): Promise<void> => {
    const environment = { PATH: process.env["PATH"] ?? "", HOME: folder, ...env };
    programs.push(
      await startProgram(command, args, {
        cwd: folder,
        env: environment,
        ready,
        onLine: heard,
        startMs: 120_000,
      }),
    );
  };
  const node = (name: string): Promise<void> =>
    run("node", [join(SERVERS, name), settings], "ready");
  const python = (name: string): Promise<void> =>
    run(join(SERVERS, ".venv/bin/python"), [join(SERVERS, name), settings], "ready");
  mkdirSync(join(folder, "logs"));
  if (kind === "nginx") {
    await node("upstream.mjs");
    const settings = join(folder, "nginx.conf");
    writeFileSync(settings, nginx(variants, inject("tls")));
    await run(
      "/usr/sbin/nginx",
      ["-p", folder, "-c", settings, "-e", "stderr"],
      "start worker processes",
    );
  } else if (kind === "tomcat") {
    const { env, args } = tomcat(folder, variants, inject("tls"));
    await run("java", args, "Server startup in", env);
  } else if (kind === "fastapi" || kind === "django") await python(`${kind}_server.py`);
  else await node(`${kind === "cookie_session" ? "express" : kind}.mjs`);
  return {
    variants,
    log: async (until) => {
      const isSeen = (): boolean => lines.some(({ path }) => path === until);
      if (file) {
        do lines = readFileSync(file, "utf8").split("\n").flatMap(parse);
        while (!isSeen() && (await sleep(20, true)));
      } else if (!isSeen()) await new Promise<void>((done) => waiting.set(until, done));
      return lines;
    },
    async stop() {
      for (const program of programs.reverse()) await program.stop();
      await service?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The real service, for the proxies that make its mistakes. */
async function serviceFor({ frontends }: Places): Promise<Service> {
  const service = await startService(frontends, { BIFRONS_LIMITS__ENABLED: "false" });
  await direct(service.origin).registerUser(ADA);
  return service;
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(servers.map(listen));
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** Fills in what a variant leaves out: everything else is right. */
function resolveVariant(
  variant: Variant,
  places: Places,
): Omit<Resolved, "port" | "upstream" | "snippets"> {
  const right: Cors = {
    origins: places.frontends,
    credentials: true,
    headers: ["content-type"],
    methods: ["GET", "POST", "PUT"],
    after_auth: false,
    only_sign_in: false,
    by_hand: false,
    twice: false,
  };
  const target = {
    path: "/signed-in",
    elsewhere: `${places.elsewhere}/`,
    http: `${places.http}/signed-in`,
  };
  return {
    name: variant.name,
    method: variant.method ?? "POST",
    cookie_name: `${variant.prefix ?? ""}s_${variant.name}`,
    cors: variant.cors === null ? null : { ...right, ...variant.cors },
    cookie: { ...COOKIE, ...variant.cookie },
    own:
      (variant.deleted ?? false) ||
      variant.padding !== undefined ||
      (variant.folded ?? false) ||
      (variant.cookie?.max_age ?? 1) < 0,
    deleted: variant.deleted ?? false,
    padding: variant.padding ?? 0,
    folded: variant.folded ?? false,
    redirect: variant.redirect
      ? { status: variant.redirect.status, to: target[variant.redirect.to] }
      : null,
  };
}

function parse(line: string): Logged[] {
  if (!line.startsWith("{")) return [];
  const { port, method, path, cookies, cookie } = JSON.parse(line);
  const names = (cookie ?? "").split("; ").map((pair: string) => pair.split("=")[0] ?? "");
  return [{ port: Number(port), method, path, cookies: cookies ?? names }];
}

export const apiAt = (port: number): string => `https://${API_HOST}:${port}`;

export const apiOf = ({ port }: Resolved): string => apiAt(port);
