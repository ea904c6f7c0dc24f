import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";

const config: PlaywrightTestConfig = defineConfig({
  testDir: process.env["RECIPES"] ?? ".",
  outputDir: `${process.env["RECIPES"]}/results`,
  reporter: "line",
  workers: 2,
  fullyParallel: true,
  // A busy machine fails no test.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  use: {
    launchOptions: {
      executablePath: process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox"],
    },
  },
});

export default config;
