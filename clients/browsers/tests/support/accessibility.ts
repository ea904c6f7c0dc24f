import axe from "axe-core";
import type { Tab } from "./browser.js";

/** What is wrong with a page for those who do not see it, or not well. */
export async function mistakes(tab: Tab): Promise<string[]> {
  await tab.inject(axe.source);
  return tab.run(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.flatMap(({ help, nodes }) => nodes.map(({ html }) => `${help}: ${html}`));
  }, undefined);
}

/** Runs in the page: what a screen reader says of the field that has the focus. */
export function focused(): Record<string, string | null | undefined> {
  const field = document.activeElement;
  const about = document.getElementById(field?.getAttribute("aria-describedby") ?? "");
  return {
    name: field?.getAttribute("name"),
    invalid: field?.getAttribute("aria-invalid"),
    about: about?.textContent,
  };
}
