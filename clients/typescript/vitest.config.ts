import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    // Much of a test is waiting: for a browser, a build, an answer that is held.
    maxWorkers: 2,
    // Only what never happens takes so long. A busy machine fails no test.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    projects: [
      { extends: true, test: { name: "unit", include: ["tests/unit/*.test.ts"] } },
      { extends: true, test: { name: "live", include: ["tests/live/*.test.ts"] } },
      {
        extends: true,
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
        extends: true,
        // It compiles the previous service first.
        test: { name: "versions", include: ["tests/versions/*.test.ts"], hookTimeout: 3_600_000 },
      },
      { extends: true, test: { name: "browser", include: ["tests/browser/*.test.ts"] } },
    ],
  },
});

export default config;
