import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeProject, type Project } from "../support/project.js";
import { blocksOf, examples, pointedAt } from "../support/readme.js";
import { startService } from "../support/testbed.js";

let project: Project;
beforeAll(async () => {
  project = await makeProject();
});
afterAll(() => project?.remove());

test("the examples of README.md run as written", async () => {
  // Those need an administrator or a key: tests/live/admin-session.test.ts, admin-key.test.ts.
  const apart = await examples("README.md", "Administration");
  const blocks = (await examples("README.md")).filter((block) => !apart.includes(block));
  expect(blocks.length).toBeGreaterThan(0);
  expect(await project.check(...blocks)).toBe("");
  for (const block of blocks) {
    // A service of its own for each: they sign the same people up.
    const service = await startService();
    try {
      expect(await project.run(pointedAt(service.url, block))).toContain("ada@example.org");
    } finally {
      await service.stop();
    }
  }
}, 240_000);

/** What the shorter examples go on from: a client of a signed-in user. */
const before = (url: string): string => `
import { createClient } from "@bifrons/client";
const client = createClient({ baseUrl: "${url}", mode: "token" });
const ada = { email: "ada@example.org", password: "correct horse battery" };
await client.registerUser(ada);
await client.throwing.signIn(ada);
const { signal } = new AbortController();
`;

test("the examples that go on from a signed-in user run", async () => {
  const audience = "https://orders.example.org";
  const service = await startService({ BIFRONS_TOKENS__AUDIENCES: audience });
  const seen: string[] = [];
  const orders = createServer(({ headers }, response) => {
    const [, claims = ""] = headers.authorization?.split(".") ?? [];
    seen.push(JSON.parse(Buffer.from(claims, "base64url").toString()).aud);
    response.end("[]");
  });
  await new Promise<void>((done) => orders.listen(0, "127.0.0.1", done));
  const { port } = orders.address() as AddressInfo;
  try {
    const apart = (await blocksOf("README.md", "Administration")).map(({ code }) => code);
    const blocks = (await blocksOf("README.md")).filter(
      ({ language, file, code }) => language === "js" && !file && !apart.includes(code),
    );
    expect(blocks.length).toBeGreaterThan(1);
    const code = blocks.map((block) => `{${block.code}}`).join("\n");
    const pointed = code.replaceAll(`fetch("${audience}`, `fetch("http://127.0.0.1:${port}`);
    await project.run(`${before(service.url)}${pointed}`);
    expect(seen).toEqual([audience]);
  } finally {
    orders.close();
    await service.stop();
  }
}, 60_000);
