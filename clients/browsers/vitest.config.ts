import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["tests/*.test.ts"],
    globalSetup: ["tests/support/announce.ts", "tests/support/certificates.ts"],
    // Much of a test is waiting: for a page, a mail, a lifetime to end.
    maxWorkers: 2,
    maxConcurrency: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

export default config;
