import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

test("the runtime imports nothing but itself, and so nothing that is generated", async () => {
  const files = await readdir("src/runtime");
  const imported = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(`src/runtime/${file}`, "utf8");
      return [...text.matchAll(/\b(?:from|import) ?\(?"([^"]+)"/g)].map(([, path]) => path);
    }),
  );
  const allowed = files.map((file) => `./${file.replace(/ts$/, "js")}`);
  expect(imported.flat().length).toBeGreaterThan(20);
  expect(imported.flat().filter((path) => !allowed.includes(path ?? ""))).toEqual([]);
});
