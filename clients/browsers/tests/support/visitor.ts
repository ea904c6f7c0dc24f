import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { Browser, Kind, Page, Tab, Visitor } from "./browser.js";

/** A browser for the tests of this block. Each call is a new visitor, who leaves when the test is over. */
export function visitorsOf<View extends Page = Tab>({
  start,
}: Pick<Kind<View>, "start">): () => Promise<Visitor<View>> {
  let browser: Browser<View>;
  beforeAll(async () => {
    browser = await start();
  });
  afterAll(() => browser?.stop());
  return async () => {
    const visitor = await browser.visitor();
    onTestFinished(() => visitor.leave());
    return visitor;
  };
}
