import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BINARY } from "../../../browsers/tests/support/bifrons.js";
import { adviceFor } from "../../src/advice.js";

const run = promisify(execFile);

const HOSTS = [
  "localhost",
  "127.0.0.1",
  "[::1]",
  "app.localhost",
  "192.168.1.5",
  "app.example.org",
];
const PAGES = [
  ...HOSTS.flatMap((host) => [`http://${host}:5173`, `https://${host}`]),
  ...["https://app.example.org.", "https://other.example", "http://other.example"],
  ...["null", "file://", "capacitor://localhost", "app://-", "tauri://localhost"],
  ...["chrome-extension://fmkadmapgofadopljbjfkapdkoienihi", "http://tauri.localhost"],
];
const SERVICES = ["http://localhost:3000", "http://127.0.0.1:3000", "https://api.example.org"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifrons-advice-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(SERVICES)(
  "for pages that %s does not list, each advice passes config check",
  async (api) => {
    const advised = PAGES.filter((page) => page !== api).map((page) => adviceFor(page, api));
    for (const { sentence } of advised) expect(sentence).toMatch(/^[A-Z].*\.$/);
    const settings = advised.flatMap(({ setting }) => (setting ? [setting] : []));
    expect(settings.length).toBeGreaterThan(2);
    for (const [key, origin] of settings) {
      const env = {
        BIFRONS_DATA_DIR: folder,
        BIFRONS_PUBLIC_URL: api,
        [`BIFRONS_${key.toUpperCase()}`]: origin,
      };
      const { stderr = "" } = await run(BINARY, ["config", "check"], { cwd: folder, env }).catch(
        (error) => error,
      );
      expect(stderr, `${key} = ${origin}`).toBe("");
    }
  },
);
