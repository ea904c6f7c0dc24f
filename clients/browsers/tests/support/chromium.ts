import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BrowserContext,
  chromium,
  type Download,
  type Page,
  type Response,
} from "playwright-core";
import { expect, inject } from "vitest";
import type { Browser, Tab } from "./browser.js";
import { chromiumOptions } from "./chromium_options.js";

const SAVED_MS = 30_000;

interface Settings {
  readonly thirdPartyCookies: boolean;
  /** The user's language, instead of the machine's. */
  readonly language?: string;
}

export async function startChromium(settings: Settings): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "bifrons-chromium-"));
  // Said outright, because builds differ in what they do by default.
  const preferences = { profile: { cookie_controls_mode: settings.thirdPartyCookies ? 0 : 1 } };
  await mkdir(join(profile, "Default"));
  await writeFile(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
  const options = chromiumOptions(
    "--host-resolver-rules=MAP * 127.0.0.1",
    `--ignore-certificate-errors-spki-list=${inject("tls").pin}`,
  );
  const first = await chromium.launchPersistentContext(profile, options);
  const browser = first.browser();
  if (!browser) throw new Error("Chromium does not tell its browser");
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
    async stop() {
      await first.close();
      await rm(profile, { recursive: true, force: true });
    },
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
  return {
    run: (job, argument) => page.evaluate(job as never, argument) as Promise<never>,
    inject: (script) => page.evaluate(script),
    reload: async () => void (await page.reload()),
    fill: (label, text) => page.getByLabel(label, { exact: true }).fill(text),
    tick: (label) => page.getByLabel(label, { exact: true }).check(),
    press: (name) => page.getByRole("button", { name, exact: true }).first().click(),
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
