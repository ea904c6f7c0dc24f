import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    // Much of a test is waiting: for a browser, a build, an answer that is held.
    maxWorkers: 2,
    projects: [
      { test: { name: "unit", include: ["tests/unit/*.test.ts"], testTimeout: 30_000 } },
      {
        test: {
          name: "live",
          include: ["tests/live/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          // One after the other: each installs and builds.
          name: "installed",
          include: ["tests/installed/*.test.ts"],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "browser",
          include: ["tests/browser/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

export default config;
