import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["matrix/*.test.ts"],
    globalSetup: ["tests/support/announce.ts", "tests/support/certificates.ts"],
    // One server and one browser at a time.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});

export default config;
