import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "./binary.js";
import type { Network } from "./network.js";

export type {
  Browser as ChromiumBrowser,
  BrowserContext,
  Download,
  Page,
  Response,
} from "playwright-core";

const ADVICE = "install one (apt-get install chromium, or npx playwright install chromium)";

/** How every Chromium is launched. */
export function chromiumOptions(...args: string[]): {
  executablePath: string;
  headless: true;
  args: string[];
} {
  const places = ["chromium", "google-chrome", "chromium-browser"].map(
    (name) => `/usr/bin/${name}`,
  );
  const own = chromium.executablePath();
  return {
    executablePath: findBrowser("Chromium", "CHROMIUM_BIN", [...places, own], ADVICE),
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args,
    ],
  };
}

export interface ChromiumSettings {
  readonly thirdPartyCookies: boolean;
  readonly network: Network;
}

/** A Chromium that runs, with a profile of its own. */
export interface Chromium {
  /** Its new contexts have the settings, and no cookies. */
  readonly browser: Browser;
  stop(): Promise<void>;
}

export async function launchChromium(settings: ChromiumSettings): Promise<Chromium> {
  const { address, pins = [] } = settings.network;
  const profile = await mkdtemp(join(tmpdir(), "bifrons-chromium-"));
  const forget = (): Promise<void> => rm(profile, { recursive: true, force: true });
  // Said outright, because builds differ in what they do by default.
  const preferences = { profile: { cookie_controls_mode: settings.thirdPartyCookies ? 0 : 1 } };
  try {
    await mkdir(join(profile, "Default"));
    await writeFile(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
    const options = chromiumOptions(
      ...(address === undefined ? [] : [`--host-resolver-rules=MAP * ${address}`]),
      ...(pins.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${pins.join(",")}`]),
    );
    const first = await chromium.launchPersistentContext(profile, options);
    const browser = first.browser();
    if (!browser) throw new Error("Chromium does not tell its browser");
    const stop = async (): Promise<void> => {
      await first.close();
      await forget();
    };
    return { browser, stop };
  } catch (error) {
    await forget();
    throw error;
  }
}
