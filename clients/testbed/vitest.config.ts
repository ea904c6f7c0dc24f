import { resolve } from "node:path";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const binary = resolve(import.meta.dirname, "../../target/debug/bifrons-testbed");

const config: ViteUserConfig = defineConfig({
  test: {
    // The proof of chaos runs takes minutes.
    include: [process.env["CHAOS"] === "1" ? "tests/chaos/*.test.ts" : "tests/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    env: { BIFRONS_TESTBED_BINARY: process.env["BIFRONS_TESTBED_BINARY"] ?? binary },
  },
});

export default config;
