import { resolve } from "node:path";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage, startChromium } from "../support/chromium.js";
import { DEVICE } from "../support/cookies.js";
import { type Site, serveSite } from "../support/page.js";
import { makeProject, type Project } from "../support/project.js";
import { examples, pointedAt } from "../support/readme.js";
import { type Service, startService } from "../support/service.js";

const README = "../../README.md";
const ADA = "ada@example.org";

let project: Project;
let browser: Browser;
let site: Site;
let service: Service;

beforeAll(async () => {
  project = await makeProject();
  site = await serveSite();
  service = await startService([site.origin]);
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  site?.stop();
  await project?.remove();
});

test("the example at the root of the repository runs as written, in a page", async () => {
  const [example, ...others] = await examples(README, "The client");
  expect(others, "more examples: give each a service of its own").toEqual([]);
  const code = pointedAt(service.url, example ?? "");
  expect(await project.check(code)).toBe("");

  const context = await browser.newContext();
  const { page, printed, complaints } = await openPage(context);
  await page.goto(`${site.origin}/?service=${service.url}`);
  await page.addScriptTag({
    type: "module",
    content: await bundle(`${code}console.log("ended");`),
  });
  await expect.poll(() => [...printed, ...complaints], { timeout: 30_000 }).toEqual([ADA, "ended"]);
  expect(await context.cookies(service.url)).toMatchObject([{ name: DEVICE }]);
  await context.close();
});

/** The example as a page loads it. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, loader: "ts" },
    alias: { "@bifrons/client": resolve("dist/index.js") },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
