import type {} from "../../../browsers/tests/support/certificates.js";
import { startFirefox } from "../../../browsers/tests/support/firefox.js";
import { startChromium } from "./chromium.js";

/** A running browser of either driver. */
export interface AnyBrowser {
  /** A new visitor. */
  visitor(): Promise<Visitor>;
  stop(): Promise<void>;
}

export interface Visitor {
  open(url: string): Promise<Tab>;
  leave(): Promise<void>;
}

export interface Tab {
  /** Runs a function in the page. It may use nothing of the test but its argument. */
  run<Argument, Result>(
    job: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
}

/** Both, for what has to hold in every browser. Firefox starts as for the tests of cookies. */
export const BROWSERS: readonly (readonly [string, () => Promise<AnyBrowser>])[] = [
  ["Chromium", chromium],
  ["Firefox", () => startFirefox()],
];

async function chromium(): Promise<AnyBrowser> {
  const browser = await startChromium();
  return {
    async visitor() {
      const context = await browser.newContext();
      return {
        async open(url) {
          const page = await context.newPage();
          await page.goto(url);
          return {
            run: (job, argument) => page.evaluate(job as never, argument) as Promise<never>,
          };
        },
        leave: () => context.close(),
      };
    },
    stop: () => browser.close(),
  };
}
