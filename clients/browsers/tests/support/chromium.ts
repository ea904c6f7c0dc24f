import { readFile } from "node:fs/promises";
import { expect, inject } from "vitest";
import {
  type BrowserContext,
  type Download,
  launchChromium,
  type Page,
  type Response,
} from "../../../doctor/src/browsers/chromium.js";
import type { Browser, Tab } from "./browser.js";
import { HERE } from "./network.js";

const SAVED_MS = 30_000;

interface Settings {
  readonly thirdPartyCookies: boolean;
  /** The user's language, instead of the machine's. */
  readonly language?: string;
}

export async function startChromium(settings: Settings): Promise<Browser> {
  const network = { address: HERE, pins: [inject("tls").pin] };
  const { browser, stop } = await launchChromium({ ...settings, network });
  return {
    async visitor() {
      // A context of its own has the profile's preferences and none of its cookies.
      const context = await browser.newContext(
        settings.language ? { locale: settings.language } : {},
      );
      return {
        open: (url) => openTab(context, url),
        leave: () => context.close(),
      };
    },
    stop,
  };
}

async function openTab(context: BrowserContext, url: string): Promise<Tab> {
  const page: Page = await context.newPage();
  const answers: Response[] = [];
  page.on("response", (answer) => answers.push(answer));
  const warnings: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "warning") warnings.push(message.text());
  });
  const downloads: Download[] = [];
  page.on("download", (download) => downloads.push(download));
  await page.goto(url);
  /** What is not there to act on has a cause, which the page tells. */
  const acts = (act: Promise<void>): Promise<void> =>
    act.catch(async (error: Error) => {
      throw new Error(`${error.message}\non the page: ${await page.locator("body").innerText()}`);
    });
  return {
    run: (job, argument) => page.evaluate(job as never, argument) as Promise<never>,
    inject: (script) => page.evaluate(script),
    reload: async () => void (await page.reload()),
    fill: (label, text) => acts(page.getByLabel(label, { exact: true }).fill(text)),
    tick: (label) => acts(page.getByLabel(label, { exact: true }).check()),
    press: (name) => acts(page.getByRole("button", { name, exact: true }).first().click()),
    text: () => page.locator("body").innerText(),
    async saved(name) {
      const find = (): number => downloads.findIndex((file) => file.suggestedFilename() === name);
      await expect.poll(find, { timeout: SAVED_MS }).not.toBe(-1);
      const [file] = downloads.splice(find(), 1);
      return readFile((await file?.path()) ?? "", "utf8");
    },
    warnings,
    setCookies: async () =>
      (await Promise.all(answers.map((answer) => answer.headerValues("set-cookie")))).flat(),
    frames: () =>
      Promise.all(
        page
          .frames()
          .slice(1)
          .map((frame) => frame.evaluate(() => document.documentURI)),
      ),
  };
}
