// How the doctor reaches an API: over HTTP/2 alone, and with certificates that no authority signed.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { askDoctor, type Report } from "./support/doctor.js";
import { listen } from "./support/ports.js";

const PAGE = "https://admin.jazzmeet.site";

const answerTo = ({ origin = "" }: IncomingHttpHeaders): OutgoingHttpHeaders => ({
  "access-control-allow-origin": origin,
  "access-control-allow-credentials": "true",
  "access-control-allow-headers": "content-type",
  vary: "Origin",
  "set-cookie": "sid=x; Path=/; HttpOnly; Secure; SameSite=Lax",
});

test("an API that speaks HTTP/2 alone", async () => {
  const { cert, key } = inject("tls");
  const tls = { cert: readFileSync(cert), key: readFileSync(key), allowHTTP1: false };
  const server = createSecureServer(tls, ({ headers }, response) => {
    response.writeHead(200, answerTo(headers)).end();
  });
  onTestFinished(() => void server.close());
  const port = await listen(server);
  const own = await askDoctor(`https://api.jazzmeet.site:${port}`, [PAGE], "--path", "/login");
  expect(own.works).toBe(true);
});

test("a certificate that signed itself is told from one of an unknown authority", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bifrons-self-signed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [authority, words] of [
    ["TRUE", "has a self-signed certificate of its own"],
    ["FALSE", "has a certificate that is not trusted"],
  ] as const) {
    const [cert, key] = [join(folder, `${authority}.pem`), join(folder, `${authority}.key`)];
    const names = [
      "-subj",
      "/CN=api.jazzmeet.site",
      "-addext",
      "subjectAltName=DNS:api.jazzmeet.site",
    ];
    const constraints = ["-addext", `basicConstraints=critical,CA:${authority}`];
    const files = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", "-x509", ...files, ...names, ...constraints], {
      stdio: "pipe",
    });
    const tls = { cert: readFileSync(cert), key: readFileSync(key) };
    const server = createServer(tls, ({ headers }, response) => {
      response.writeHead(200, answerTo(headers)).end();
    });
    const api = `https://api.jazzmeet.site:${await listen(server)}`;
    const ask = (...options: string[]): Promise<Report> =>
      askDoctor(api, [PAGE], "--path", "/login", ...options);
    await expect(ask()).rejects.toThrow(words);
    if (authority === "FALSE") expect((await ask("--ca", cert)).works).toBe(true);
    else await expect(ask("--ca", cert)).rejects.toThrow(words);
    server.close();
    server.closeAllConnections();
  }
});
