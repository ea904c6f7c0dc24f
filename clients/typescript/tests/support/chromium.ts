import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { chromiumOptions } from "../../../doctor/src/browsers/chromium.js";

/** Starts Chromium, which finds no host but this machine. */
export function startChromium(): Promise<Browser> {
  const local = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1";
  return chromium.launch(chromiumOptions(local));
}

/** A page, and what it did that a reader of the test would want to know. */
export interface Watched {
  readonly page: Page;
  /** The origins it asked for anything. */
  readonly origins: Set<string>;
  /** Uncaught errors, and violations of the content security policy. */
  readonly complaints: string[];
  /** What its scripts logged. */
  readonly printed: string[];
}

export async function openPage(context: BrowserContext): Promise<Watched> {
  const page = await context.newPage();
  const origins = new Set<string>();
  const complaints: string[] = [];
  const printed: string[] = [];
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && protocol !== "blob:") origins.add(origin);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "log") printed.push(message.text());
    if (/content security policy/i.test(message.text())) complaints.push(message.text());
  });
  return { page, origins, complaints, printed };
}
