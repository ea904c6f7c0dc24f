import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";

const config: PlaywrightTestConfig = defineConfig({
  testDir: process.env["RECIPES"] ?? ".",
  outputDir: `${process.env["RECIPES"]}/results`,
  reporter: "line",
  workers: 2,
  fullyParallel: true,
  use: {
    launchOptions: {
      executablePath: process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox"],
    },
  },
});

export default config;
