import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

test("all operations in at most 5 kB, minified and gzipped", async () => {
  const result = await build({
    entryPoints: ["src/index.ts"],
    bundle: true,
    format: "esm",
    minify: true,
    target: "es2022",
    write: false,
  });
  const bundle = result.outputFiles[0]?.contents ?? new Uint8Array();
  const size = gzipSync(bundle, { level: 9 }).length;
  console.log(`bundle: ${bundle.length} bytes minified, ${size} bytes minified and gzipped`);
  expect(size).toBeGreaterThan(500);
  expect(size).toBeLessThanOrEqual(5000);
});
