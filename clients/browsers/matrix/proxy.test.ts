// An application behind a proxy with https that does not tell it so: it withholds its Secure cookie, and the
// answer shows nothing wrong. The doctor's code for the proxy and for the application mends it, both applied as written.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { BROWSERS, type Page } from "../tests/support/browser.js";
import { type Pages, serve } from "../tests/support/pages.js";
import { freePort } from "../tests/support/ports.js";
import { type Program, startProgram } from "../tests/support/program.js";
import { visitorsOf } from "../tests/support/visitor.js";
import { askDoctor, type Report } from "./support/doctor.js";
import { PROXY_SETTINGS } from "./support/nginx.js";
import { apiAt } from "./support/server.js";

let pages: Pages;
let frontend: string;
beforeAll(async () => {
  pages = await serve((_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8").end("<!doctype html>");
  });
  frontend = pages.at("admin.jazzmeet.site");
});
afterAll(() => pages?.stop());

interface Pair {
  readonly api: string;
  stop(): Promise<void>;
}

/** Starts the application and the proxy in front of it, with code for each. */
async function start(kind: string, code: Readonly<Record<string, string>>): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), "bifrons-proxied-"));
  const [port, front] = [await freePort(), await freePort()];
  const { cert, key } = inject("tls");
  const settings = join(folder, "settings.json");
  writeFileSync(
    settings,
    JSON.stringify({ kind, port, origins: [frontend], code: code[kind] ?? "" }),
  );
  mkdirSync(join(folder, "logs"));
  writeFileSync(
    join(folder, "nginx.conf"),
    `${PROXY_SETTINGS}
    http {
      access_log off;
      client_body_temp_path logs; proxy_temp_path logs; fastcgi_temp_path logs; uwsgi_temp_path logs; scgi_temp_path logs;
      server {
        listen 127.0.0.1:${front} ssl;
        ssl_certificate ${cert};
        ssl_certificate_key ${key};
        location / {
          proxy_pass http://127.0.0.1:${port};
          ${code["nginx"] ?? ""}
        }
      }
    }`,
  );
  const options = { cwd: folder, env: { PATH: process.env["PATH"] ?? "", HOME: folder } };
  const programs: Program[] = [];
  const application = resolve("matrix/servers/proxied.mjs");
  programs.push(
    await startProgram("node", [application, settings], { ...options, ready: "ready" }),
  );
  const nginx = ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"];
  const ready = "start worker processes";
  programs.push(await startProgram("/usr/sbin/nginx", nginx, { ...options, ready }));
  return {
    api: apiAt(front),
    async stop() {
      for (const program of programs) await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const ask = (api: string, server: string): Promise<Report> =>
  askDoctor("a proxy", api, [frontend], "--path", "/login", "--next", "/me", "--server", server);

const codes = (report: Report): string[] =>
  report.frontends.flatMap(({ findings }) => findings.map(({ code }) => code));

/** The status of the call after the sign-in. */
const signIn = (page: Page, api: string): Promise<number> =>
  page.run(async (api) => {
    const headers = { "content-type": "application/json" };
    await fetch(`${api}/login`, { method: "POST", headers, body: "{}", credentials: "include" });
    return (await fetch(`${api}/me`, { credentials: "include" })).status;
  }, api);

describe.each(["express", "fastify"])("%s behind nginx", (kind) => {
  const arrivals = BROWSERS.map(visitorsOf);

  test("withholds its cookie until both are told", async () => {
    const wrong = await start(kind, {});
    let code: Record<string, string> = {};
    try {
      for (const arrive of arrivals) {
        expect(await signIn(await (await arrive()).open(frontend), wrong.api)).toBe(401);
      }
      for (const server of [kind, "nginx"]) {
        const report = await ask(wrong.api, server);
        expect(codes(report)).toEqual(["cookie_withheld"]);
        code = { ...code, [server]: report.remedies["trust_proxy"]?.how[server]?.code ?? "" };
      }
    } finally {
      await wrong.stop();
    }
    const right = await start(kind, code);
    try {
      for (const arrive of arrivals) {
        expect(await signIn(await (await arrive()).open(frontend), right.api)).toBe(200);
      }
      expect(codes(await ask(right.api, kind))).toEqual([]);
    } finally {
      await right.stop();
    }
  });
});
