// The line of bifrons.toml that the doctor writes, applied to the real service: frontends of the same site and of another.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { BINARY } from "../tests/support/bifrons.js";
import { KINDS } from "../tests/support/browser.js";
import { direct } from "../tests/support/direct.js";
import { type Pages, servePages } from "../tests/support/pages.js";
import { ADA } from "../tests/support/people.js";
import { freePort } from "../tests/support/ports.js";
import { type Program, startProgram } from "../tests/support/program.js";
import { openWithClient, signIn, whoAmI } from "../tests/support/using_client.js";
import { visitorsOf } from "../tests/support/visitor.js";
import { askDoctor } from "./support/doctor.js";
import { apiAt } from "./support/server.js";

let pages: Pages;
beforeAll(async () => {
  pages = await servePages();
});
afterAll(() => pages?.stop());

/** The folder of one deployment. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bifrons-toml-"));
  return () => rmSync(folder, { recursive: true, force: true });
});

const arrivals = KINDS.map((kind) => ({ kind, arrive: visitorsOf(kind) }));

function serve(port: number, publicUrl: string, settings: string): Promise<Program> {
  writeFileSync(
    join(folder, "bifrons.toml"),
    `listen = "127.0.0.1:${port}"\npublic_url = "${publicUrl}"\n${settings}`,
  );
  return startProgram(BINARY, ["serve"], { cwd: folder, env: {}, ready: "listening on" });
}

test("frontends that are not listed", async () => {
  const port = await freePort();
  const api = apiAt(port);
  const { cert, key } = inject("tls");
  const tls = `[tls]\ncert = "${cert}"\nkey = "${key}"\n`;
  const frontends = ["admin.jazzmeet.site", "jazzmeet-admin.site"].map((host) => pages.at(host));
  let service = await serve(port, api, tls);
  try {
    const report = await askDoctor("Bifrons", api, frontends, "--path", "/v1/session");
    const code = report.remedies["allow_origin"]?.how["bifrons"]?.code;
    expect(code).toBe(`origins = ${JSON.stringify(frontends).replace(",", ", ")}`);
    await service.stop();
    service = await serve(port, api, `${code}\n${tls}`);
    await direct(api).registerUser(ADA);
    for (const { arrive } of arrivals) {
      for (const frontend of frontends) {
        const tab = await openWithClient(await arrive(), frontend);
        expect(await signIn(tab, api)).toBe("cookie");
        expect(await whoAmI(tab, api)).toBe(ADA.email);
      }
    }
    const mended = await askDoctor("Bifrons", api, frontends, "--path", "/v1/session");
    expect(mended.frontends.map(({ judgement }) => judgement)).toEqual(["works", "limited"]);
  } finally {
    await service.stop();
  }
});

test("a page under another name of this machine", async () => {
  const port = await freePort();
  const api = `http://localhost:${port}`;
  const local = pages.local;
  const other = local.replace("localhost", "127.0.0.1");
  let service = await serve(port, api, "");
  try {
    const report = await askDoctor("Bifrons", api, [other], "--path", "/v1/session");
    const code = report.remedies["one_loopback_name"]?.how["bifrons"]?.code;
    expect(code).toBe(`origins = ["${local}"]`);
    await service.stop();
    service = await serve(port, api, `${code}\n`);
    const { arrive } = arrivals[0] ?? expect.unreachable();
    const tab = await openWithClient(await arrive(), local);
    await tab.run(({ api, who }) => bifrons.createClient({ baseUrl: api }).registerUser(who), {
      api,
      who: ADA,
    });
    expect(await signIn(tab, api)).toBe("cookie");
    expect(await whoAmI(tab, api)).toBe(ADA.email);
  } finally {
    await service.stop();
  }
});
