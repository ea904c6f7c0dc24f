import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startService } from "../../typescript/tests/support/service.js";
import { generateBy, generators } from "./support/generators.js";
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

test("go: no two declarations of the package have one name", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bifrons-go-"));
  try {
    await generateBy("go", folder);
    const files = (await readdir(folder)).filter((name) => name.endsWith(".go"));
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
    // A method has its receiver's name space; what stands in a block of constants has the package's.
    const names = texts.flatMap((text) =>
      [
        ...text.matchAll(/^(?:type|func|var|const) (\w+)/gm),
        ...text.matchAll(/^\t(\w+) \w+ = "/gm),
      ].map((match) => match[1] as string),
    );
    expect(names.filter((name) => /^(Mode|RefreshIn)Cookie$/.test(name))).toHaveLength(2);
    const named = names.filter((name) => name !== "_");
    expect(named.filter((name, index) => named.indexOf(name) !== index)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
