import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 600_000,
    // Packages are installed and systems unpacked: one at a time is enough for any machine.
    fileParallelism: false,
  },
});

export default config;
