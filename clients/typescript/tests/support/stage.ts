import type { Browser } from "playwright-core";
import { beforeAll } from "vitest";
import { createClient } from "../../src/index.js";
import { startChromium } from "./chromium.js";
import { type Site, serveSite } from "./page.js";
import { startProxy, type TestProxy } from "./proxy.js";
import { type Service, startService } from "./service.js";

/** A user with an account. */
export const ADA = { email: "ada@example.org", password: "correct horse battery staple" };

/** A page's origin, and the service that lists it. ADA has an account there. */
export interface Stage {
  readonly site: Site;
  readonly service: Service;
}

/** Starts one stage for all tests of a file. */
export function stageForAll(settings: Record<string, string> = {}): Stage {
  let site: Site;
  let service: Service;
  beforeAll(async () => {
    site = await serveSite();
    return () => site.stop();
  });
  beforeAll(async () => {
    service = await startService([site.origin], settings);
    return () => service.stop();
  });
  beforeAll(async () => {
    await createClient({ baseUrl: service.url }).throwing.registerUser(ADA);
  });
  return {
    get site() {
      return site;
    },
    get service() {
      return service;
    },
  };
}

/** Starts one Chromium for all tests of a file. */
export function chromiumForAll(): { readonly browser: Browser } {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
    return () => browser.close();
  });
  return {
    get browser() {
      return browser;
    },
  };
}

/** Starts one proxy in front of a stage's service, for all tests of a file. */
export function proxyForAll(stage: Stage): { readonly proxy: TestProxy } {
  let proxy: TestProxy;
  beforeAll(async () => {
    proxy = await startProxy(stage.service.url);
    return () => proxy.stop();
  });
  return {
    get proxy() {
      return proxy;
    },
  };
}
