import { existsSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import {
  type BrowserContext,
  type HTTPResponse,
  launchFirefox,
} from "../../../doctor/src/browsers/firefox.js";
import type { Browser, Tab } from "./browser.js";
import { HERE } from "./network.js";

const SAVED_MS = 30_000;

/** With these settings besides those that people have. */
export async function startFirefox(
  settings: Record<string, string | number | boolean> = {},
): Promise<Browser> {
  // One for all visitors: Firefox has no setting for each.
  const folder = await mkdtemp(join(tmpdir(), "bifrons-firefox-"));
  const browser = await launchFirefox({
    address: HERE,
    acceptsAnyCertificate: true,
    preferences: {
      "browser.download.folderList": 2,
      "browser.download.dir": folder,
      ...settings,
    },
  });
  return {
    async visitor() {
      const context = await browser.createBrowserContext();
      return {
        open: (url) => openTab(context, folder, url),
        leave: () => context.close(),
      };
    },
    async stop() {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openTab(context: BrowserContext, folder: string, url: string): Promise<Tab> {
  const page = await context.newPage();
  const answers: HTTPResponse[] = [];
  page.on("response", (answer) => answers.push(answer));
  const warnings: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "warn") warnings.push(message.text());
  });
  await page.goto(url);
  return {
    run: (job, argument) => page.evaluate(job as never, argument) as Promise<never>,
    inject: async (script) => void (await page.evaluate(script)),
    reload: async () => void (await page.reload()),
    fill: (label, text) => page.locator(labelled(label)).fill(text),
    tick: (label) => page.locator(labelled(label)).click(),
    press: (name) => page.locator(`::-p-aria([name="${name}"][role="button"])`).click(),
    text: () => page.evaluate(() => document.body.innerText),
    async saved(name) {
      const file = join(folder, name);
      // Until it is complete, it is empty, and there is a second file beside it.
      const isComplete = (): boolean =>
        !!statSync(file, { throwIfNoEntry: false })?.size && !existsSync(`${file}.part`);
      await expect.poll(isComplete, { timeout: SAVED_MS }).toBe(true);
      const text = await readFile(file, "utf8");
      await rm(file);
      return text;
    },
    warnings,
    setCookies: async () =>
      answers.flatMap((answer) => answer.headers()["set-cookie"]?.split("\n") ?? []),
    frames: () =>
      Promise.all(
        page
          .frames()
          .slice(1)
          .map((frame) => frame.evaluate(() => document.documentURI)),
      ),
  };
}

/** By the label itself: to Firefox, a field for passwords has no role to be found by. */
function labelled(label: string): string {
  const is = `normalize-space()="${label}"`;
  return `::-p-xpath(//input[@id=//label[${is}]/@for or parent::label[${is}]])`;
}
