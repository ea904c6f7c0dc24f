import { expect } from "vitest";
import type { Tab } from "./browser.js";

/** Waits until all of this stands on the page, for a person to read. */
export async function reads(tab: Tab, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await expect.poll(() => tab.text()).toContain(text);
}
