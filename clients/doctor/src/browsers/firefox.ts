import { type Browser, launch } from "puppeteer-core";
import { findBrowser } from "./binary.js";

export type { Browser as FirefoxBrowser, BrowserContext, HTTPResponse } from "puppeteer-core";

const PLACES = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];
const ADVICE = "install one (apt-get install firefox-esr)";

export interface FirefoxSettings {
  /** An address of IPv4 at which every host name is found. */
  readonly address?: string | undefined;
  /** Any certificate will do: Firefox knows no pins. */
  readonly acceptsAnyCertificate: boolean;
  readonly preferences?: Readonly<Record<string, string | number | boolean>>;
}

/** Starts Firefox as people have it, with these preferences besides. */
export function launchFirefox(settings: FirefoxSettings): Promise<Browser> {
  const { address, acceptsAnyCertificate, preferences } = settings;
  return launch({
    browser: "firefox",
    executablePath: findBrowser("Firefox", "FIREFOX_BIN", PLACES, ADVICE),
    headless: true,
    acceptInsecureCerts: acceptsAnyCertificate,
    extraPrefsFirefox: {
      ...(address === undefined ? {} : { "network.dns.forceResolve": address }),
      // Puppeteer switches Total Cookie Protection off; people have it on.
      "network.cookie.cookieBehavior": 5,
      "browser.contentblocking.features.standard":
        "tp,tpPrivate,cookieBehavior5,cookieBehaviorPBM5,cryptoTP,fp",
      ...preferences,
    },
  });
}
