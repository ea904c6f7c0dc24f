import { resolve } from "node:path";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const client = resolve(import.meta.dirname, "../../typescript/src/index.ts");

const config: ViteUserConfig = defineConfig({
  test: {
    root: process.env["RECIPES"] ?? ".",
    include: ["*.test.ts"],
    alias: { "@bifrons/client": client },
  },
});

export default config;
