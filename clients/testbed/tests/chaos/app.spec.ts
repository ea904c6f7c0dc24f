import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { expect, test } from "../../src/playwright.js";

const APP = readFileSync(resolve(import.meta.dirname, "app.js"), "utf8");
const PAGE = `<!doctype html><title>App</title><body><script type="module">${APP}</script>`;

/** Opens the frontend at the origin of the API. */
async function open(page: Page, url: string): Promise<void> {
  await page.route(`${url}/app*`, (route) =>
    route.fulfill({ contentType: "text/html", body: PAGE }),
  );
  await page.goto(`${url}/app${process.env["MISTAKES"] === "1" ? "?mistakes" : ""}`);
}

test.describe("a signed-in user", () => {
  test.use({ signInAs: { name: "Ada" } });

  test("changes the name", async ({ page, testbed }) => {
    await open(page, testbed.url);
    await expect(page.getByRole("heading")).toHaveText("Hello Ada");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("status")).toHaveText("Saved Grace");
  });

  test("signs out", async ({ page, testbed }) => {
    await open(page, testbed.url);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading")).toHaveText("Sign in");
  });
});

test("a user signs in", async ({ page, testbed }) => {
  const { email, password } = await testbed.user({ name: "Ada" });
  await open(page, testbed.url);
  await page.locator("[name=email]").fill(email);
  await page.locator("[name=password]").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading")).toHaveText("Hello Ada");
});
