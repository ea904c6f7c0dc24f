import type { Browser } from "playwright-core";
import { createClient } from "../../src/index.js";
import { startChromium } from "./chromium.js";
import { type Site, serveSite } from "./page.js";
import { type Service, startService } from "./service.js";

/** A user with an account. */
export const ADA = { email: "ada@example.org", password: "correct horse battery staple" };

/** What a test in a page needs: a page's origin, the service that lists it, and Chromium. */
export interface Stage {
  readonly browser: Browser;
  readonly site: Site;
  readonly service: Service;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const site = await serveSite();
  const service = await startService([site.origin]);
  await createClient({ baseUrl: service.url }).registerUser(ADA);
  const browser = await startChromium();
  return {
    browser,
    site,
    service,
    async close() {
      await browser.close();
      await service.stop();
      site.stop();
    },
  };
}
