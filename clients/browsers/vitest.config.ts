import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["tests/*.test.ts"],
    globalSetup: ["tests/support/announce.ts", "tests/support/certificates.ts"],
    // Much of a test is waiting: for a page, a mail, a lifetime to end.
    maxWorkers: 2,
    maxConcurrency: 2,
    // Only what never happens takes so long. A busy machine fails no test.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
  },
});

export default config;
