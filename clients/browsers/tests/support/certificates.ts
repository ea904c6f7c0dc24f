import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    tls: Tls;
  }
}

/** A certificate for every name in these tests, from an authority of our own. */
export interface Tls {
  readonly authority: string;
  /** The leaf and its authority, and the leaf's key: files in PEM. */
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the authority's public key, as Chromium wants it. */
  readonly pin: string;
}

const NAMES = [
  "jazzmeet.site",
  "*.jazzmeet.site",
  "jazzmeet-admin.site",
  "jazzmeet-prizes.site",
  "*.fly.dev",
  "*.jazz.co.kr",
  "localhost",
];

const SETTINGS = `
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[leaf]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = ${NAMES.map((name) => `DNS:${name}`).join(", ")}
`;

/** Makes the certificates once, before all tests. */
export default function setUp(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "bifrons-tls-"));
  const file = (name: string): string => join(folder, name);
  writeFileSync(file("settings"), SETTINGS);
  const make = (what: string, name: string, ...rest: string[]): void => {
    const subject = ["-subj", `/CN=${name}`, "-days", "2", "-extensions", what];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const files = ["-config", file("settings"), "-keyout", file(`${what}.key`), "-out"];
    execFileSync("openssl", ["req", "-x509", ...subject, ...key, ...files, file(what), ...rest], {
      stdio: "pipe",
    });
  };
  make("authority", "Bifrons tests");
  make("leaf", "jazzmeet.site", "-CA", file("authority"), "-CAkey", file("authority.key"));

  const authority = readFileSync(file("authority"), "utf8");
  writeFileSync(file("chain"), readFileSync(file("leaf"), "utf8") + authority);
  const publicKey = new X509Certificate(authority).publicKey.export({
    type: "spki",
    format: "der",
  });
  const pin = createHash("sha256").update(publicKey).digest("base64");
  project.provide("tls", {
    authority: file("authority"),
    cert: file("chain"),
    key: file("leaf.key"),
    pin,
  });
  return () => rmSync(folder, { recursive: true, force: true });
}
