import { build } from "esbuild";
import { expect, test } from "vitest";
import { openPage } from "../support/chromium.js";
import { visit } from "../support/page.js";
import { ADA, chromiumForAll, stageForAll } from "../support/stage.js";

const stage = stageForAll();
const chromium = chromiumForAll();

test("a component shows who is signed in, in two tabs, and asks once", async () => {
  const context = await chromium.browser.newContext();
  const { outputFiles } = await build({
    stdin: { contents: APP, resolveDir: "." },
    define: { "process.env.NODE_ENV": '"production"' },
    bundle: true,
    format: "esm",
    write: false,
  });
  let asked = 0;
  context.on("request", (request) => {
    if (request.method() === "GET" && request.url().endsWith("/v1/session")) asked += 1;
  });
  const show = async (): Promise<Awaited<ReturnType<typeof openPage>>> => {
    const opened = await openPage(context);
    await visit(opened.page, stage.site, stage.service.url);
    await opened.page.addScriptTag({ type: "module", content: outputFiles[0]?.text ?? "" });
    return opened;
  };
  const tabs = [await show(), await show()];
  const texts = (): Promise<(string | null)[]> =>
    Promise.all(tabs.map(({ page }) => page.textContent("main")));
  const both = (text: string): Promise<void> => expect.poll(texts).toEqual([text, text]);

  await both("signed-out signed-out");
  // Two components in each tab; the second tab may have onLine it from the first.
  const before = asked;
  expect([1, 2]).toContain(before);
  await tabs[0]?.page.evaluate((who) => client.signIn(who), ADA);
  await both(`${ADA.email} ${ADA.email}`);
  await tabs[1]?.page.evaluate(() => client.signOut());
  await both("signed-out signed-out");
  expect(asked).toBe(before);
  expect(tabs.flatMap(({ complaints }) => complaints)).toEqual([]);
  await context.close();
});

const APP = `
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { useSession } from "./dist/adapters/react.js";

function Who() {
  const { status, user } = useSession(globalThis.client);
  return user?.email ?? status;
}
const main = document.body.appendChild(document.createElement("main"));
createRoot(main).render([createElement(Who, { key: 1 }), " ", createElement(Who, { key: 2 })]);
`;

test("a boundary that hydrates after the answer matches what the server rendered", async () => {
  const context = await chromium.browser.newContext();
  const { page, complaints, printed } = await openPage(context);
  await visit(page, stage.site, stage.service.url);
  const { outputFiles } = await build({
    stdin: { contents: HYDRATED, resolveDir: "." },
    define: { "process.env.NODE_ENV": '"production"' },
    bundle: true,
    format: "esm",
    write: false,
  });
  await page.addScriptTag({ type: "module", content: outputFiles[0]?.text ?? "" });
  await expect.poll(() => page.textContent("main")).toBe("signed-out");
  expect([...printed, ...complaints]).toEqual([]);
  await context.close();
});

/** The server did not know the session; the page asks before it hydrates. */
const HYDRATED = `
import { createElement } from "react";
import { hydrateRoot } from "react-dom/client";
import { useSession } from "./dist/adapters/react.js";

const Status = () => useSession(globalThis.client).status;
const main = document.body.appendChild(document.createElement("main"));
main.innerHTML = "unknown";
await globalThis.client.session.load();
hydrateRoot(main, createElement(Status), { onRecoverableError: (error) => console.log(String(error)) });
`;
