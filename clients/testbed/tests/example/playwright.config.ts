import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";

const config: PlaywrightTestConfig = defineConfig({
  testMatch: "*.spec.ts",
  outputDir: "../../node_modules/.chaos-example",
  use: {
    locale: "en",
    launchOptions: {
      executablePath: process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox"],
    },
  },
});

export default config;
