import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["tests/*.test.ts"],
    globalSetup: ["tests/support/announce.ts", "tests/support/certificates.ts"],
    // One browser at a time.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

export default config;
