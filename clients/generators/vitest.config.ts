import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["tests/*.test.ts"],
    // The first run fetches a generator; one at a time is enough for any machine.
    testTimeout: 240_000,
    hookTimeout: 60_000,
  },
});

export default config;
