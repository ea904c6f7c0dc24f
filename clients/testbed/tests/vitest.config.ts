import { resolve } from "node:path";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const beside = (path: string): string => resolve(import.meta.dirname, "../..", path);

const config: ViteUserConfig = defineConfig({
  test: {
    root: process.env["RECIPES"] ?? ".",
    include: ["*.test.ts"],
    alias: {
      "@bifrons/client": beside("typescript/src/index.ts"),
      "@bifrons/openapi/problems": beside("openapi/generated/problems"),
      "@bifrons/openapi/zod": beside("openapi/src/generated/public/zod.ts"),
    },
  },
});

export default config;
