import { expect, test } from "vitest";
import { startService } from "../../typescript/tests/support/service.js";
import { generators } from "./support/generators.js";
import { makeProject } from "./support/project.js";

test.each(Object.entries(generators))(
  "%s: its code compiles, signs up, signs in and asks who the user is",
  async (name, generate) => {
    const project = await makeProject(name);
    const service = await startService();
    try {
      await generate(project.generated, service.url);
      expect(await project.compile()).toBe("");
      expect(await project.run(service.url)).toBe(
        "true\ncookie ada@example.org\ntoken ada@example.org\n",
      );
    } finally {
      await service.stop();
      await project.remove();
    }
  },
);
