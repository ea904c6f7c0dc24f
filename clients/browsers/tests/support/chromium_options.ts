import { existsSync } from "node:fs";

const BINARY: string = process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium";

/** How every Chromium of the tests is launched. */
export function chromiumOptions(...args: string[]): {
  executablePath: string;
  headless: true;
  args: string[];
} {
  if (!existsSync(BINARY)) {
    throw new Error(
      `There is no Chromium at ${BINARY}: install it (apt-get install chromium), or name another with CHROMIUM_BIN.`,
    );
  }
  return {
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
      ...args,
    ],
  };
}
