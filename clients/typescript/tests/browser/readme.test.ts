import { resolve } from "node:path";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage, startChromium } from "../support/chromium.js";
import { DEVICE } from "../support/cookies.js";
import { type Site, serveSite } from "../support/page.js";
import { makeProject, type Project } from "../support/project.js";
import { blocksOf, examples, pointedAt } from "../support/readme.js";
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
  await expect.poll(() => [...printed, ...complaints]).toEqual([ADA, "ended"]);
  expect(await context.cookies(service.url)).toMatchObject([{ name: DEVICE }]);
  await context.close();
});

test("the component of the manual shows the user, and what to do without one", async () => {
  const [component, ...others] = (await blocksOf("README.md")).filter(
    ({ language, file }) => language === "jsx" && !file,
  );
  expect(others).toEqual([]);
  const code = `
    import { createClient } from "@bifrons/client";
    import { createRoot } from "react-dom/client";
    ${component?.code}
    const client = createClient({ baseUrl: "${service.url}" });
    const root = document.body.appendChild(document.createElement("main"));
    createRoot(root).render(<Account />);
    const grace = { email: "grace@example.org", password: "correct horse battery" };
    globalThis.enter = async () => {
      await client.registerUser(grace);
      await client.throwing.signIn(grace);
    };`;
  const context = await browser.newContext();
  const { page, complaints } = await openPage(context);
  await page.goto(`${site.origin}/?service=${service.url}`);
  await page.addScriptTag({ type: "module", content: await bundle(code) });
  const shown = (): Promise<string | null> => page.textContent("main p");
  await expect.poll(shown).toBe("Sign in first");
  await page.evaluate(() => (globalThis as unknown as { enter(): Promise<void> }).enter());
  await expect.poll(shown).toBe("grace@example.org");
  expect(complaints).toEqual([]);
  await context.close();
});

/** The example as a page loads it. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, loader: "tsx", resolveDir: "." },
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"' },
    alias: {
      "@bifrons/client": resolve("dist/index.js"),
      "@bifrons/client/react": resolve("dist/adapters/react.js"),
    },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
