import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const BINARY: string = process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium";

/** Starts Chromium, which finds no host but this machine. */
export async function startChromium(): Promise<Browser> {
  if (!existsSync(BINARY)) {
    throw new Error(
      `There is no Chromium at ${BINARY}: install it (apt-get install chromium), or name another with CHROMIUM_BIN.`,
    );
  }
  return chromium.launch({
    executablePath: BINARY,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ],
  });
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
