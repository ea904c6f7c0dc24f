import { afterAll, beforeAll, expect, test } from "vitest";
import { makeProject, type Project } from "../support/project.js";
import { examples, pointedAt } from "../support/readme.js";
import { startService } from "../support/service.js";

let project: Project;
beforeAll(async () => {
  project = await makeProject();
});
afterAll(() => project?.remove());

test("the examples of README.md run as written", async () => {
  const blocks = await examples("README.md");
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) {
    // A service of its own for each: they sign the same people up.
    const service = await startService();
    try {
      const code = pointedAt(service.url, block);
      expect(await project.check(code)).toBe("");
      expect(await project.run(code)).toContain("ada@example.org");
    } finally {
      await service.stop();
    }
  }
}, 240_000);
