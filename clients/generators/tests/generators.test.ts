import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startService } from "../../typescript/tests/support/service.js";
import { generateBy, generators } from "./support/generators.js";
import { startPrism } from "./support/prism.js";
import { makeProject } from "./support/project.js";

const run = promisify(execFile);

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

test("go: its code compiles", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bifrons-go-"));
  try {
    await generateBy("go", folder);
    const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=mod", GOPROXY: "off" };
    await run("go", ["build", "./..."], { cwd: folder, env });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("prism: what a generated client sends and gets is what the document says", async () => {
  const project = await makeProject("orval");
  const service = await startService();
  const prism = await startPrism(service.url);
  try {
    await generators["orval"]?.(project.generated, prism.url);
    expect(await project.compile()).toBe("");
    expect(await project.run(prism.url)).toBe(
      "true\ncookie ada@example.org\ntoken ada@example.org\n",
    );
    // What is wrong is found, and is all that is found: Prism writes in the order of the requests, some time after it has answered.
    await fetch(`${prism.url}/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"email":1}',
    });
    await expect
      .poll(() => prism.violations)
      .toEqual([expect.stringContaining("UNPROCESSABLE_ENTITY")]);
  } finally {
    await prism.stop();
    await service.stop();
    await project.remove();
  }
});
