// The browsers that sign in, each with a setting for third-party cookies.

import { launchChromium } from "./chromium.js";
import { launchFirefox } from "./firefox.js";
import type { Network } from "./network.js";

export interface Kind {
  readonly browser: string;
  /** What it does with cookies of third parties. */
  readonly thirdPartyCookies: "allowed" | "blocked" | "kept apart";
  /** As the doctor names it. */
  readonly family: "chromium" | "chromium_blocking" | "firefox";
  launch(network: Network): Promise<Launched>;
}

/** A browser that runs. */
export interface Launched {
  /** Opens a page for a new visitor: no cookies, no storage. */
  open(url: string, timeoutMs: number): Promise<Visit>;
  stop(): Promise<void>;
}

export interface Visit {
  /** Runs a function in the page. It may use nothing but its argument. */
  run<Argument, Result>(
    job: (argument: Argument) => Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
  reload(): Promise<void>;
  leave(): Promise<void>;
}

async function chromium(network: Network, thirdPartyCookies: boolean): Promise<Launched> {
  const { browser, stop } = await launchChromium({ thirdPartyCookies, network });
  return {
    async open(url, timeoutMs) {
      const context = await browser.newContext();
      const leave = (): Promise<void> => context.close();
      const page = await context.newPage();
      page.setDefaultTimeout(timeoutMs);
      await page.goto(url).catch(afterwards(leave));
      return {
        run: (job, argument) => page.evaluate(job as never, argument) as Promise<never>,
        reload: async () => void (await page.reload()),
        leave,
      };
    },
    stop,
  };
}

async function firefox({ address, pins = [] }: Network): Promise<Launched> {
  const browser = await launchFirefox({ address, acceptsAnyCertificate: pins.length > 0 });
  return {
    async open(url, timeoutMs) {
      const context = await browser.createBrowserContext();
      const leave = (): Promise<void> => context.close();
      const page = await context.newPage();
      page.setDefaultTimeout(timeoutMs);
      await page.goto(url).catch(afterwards(leave));
      return {
        run: (job, argument) => page.evaluate(job as never, argument) as Promise<never>,
        reload: async () => void (await page.reload()),
        leave,
      };
    },
    stop: () => browser.close(),
  };
}

const afterwards =
  (leave: () => Promise<void>) =>
  async (error: unknown): Promise<never> => {
    await leave();
    throw error;
  };

export const KINDS: readonly Kind[] = [
  {
    browser: "Chromium",
    thirdPartyCookies: "allowed",
    family: "chromium",
    launch: (network) => chromium(network, true),
  },
  {
    browser: "Chromium",
    thirdPartyCookies: "blocked",
    family: "chromium_blocking",
    launch: (network) => chromium(network, false),
  },
  { browser: "Firefox", thirdPartyCookies: "kept apart", family: "firefox", launch: firefox },
];
