// A suite of the single-page app in ../../../examples/spa, as its authors would write it.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, test } from "../../src/playwright.js";
import { API } from "../support/example.js";

const BUILT = process.env["EXAMPLE"] ?? "";

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css",
  html: "text/html",
  js: "text/javascript",
};

/** Opens the app at the origin of the API. It was built for an API at another URL. */
async function open(page: Page, url: string): Promise<void> {
  await page.route(new RegExp(`^${url}/(app|assets/.*)$`), async (route) => {
    const path = new URL(route.request().url()).pathname.replace(/^\/app$/, "/index.html");
    const text = await readFile(join(BUILT, path), "utf8");
    const contentType = TYPES[path.split(".").at(-1) ?? ""] ?? "text/plain";
    await route.fulfill({ contentType, body: text.replaceAll(API, url) });
  });
  await page.goto(`${url}/app`);
}

const title = (page: Page) => page.getByRole("heading", { level: 1 });

test.describe("a signed-in user", () => {
  test.use({ signInAs: { name: "Ada" } });

  test("changes the name", async ({ page, testbed }) => {
    await open(page, testbed.url);
    await expect(title(page)).toHaveText("Ada");
    await page.getByLabel("Name", { exact: true }).fill("Grace");
    await page.getByRole("button", { name: "Save the name" }).click();
    await expect(title(page)).toHaveText("Grace");
  });

  test("signs out", async ({ page, testbed }) => {
    await open(page, testbed.url);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(title(page)).toHaveText("Sign in");
  });
});

test("a user signs in", async ({ page, testbed }) => {
  const { email, password } = await testbed.user({ name: "Ada" });
  await open(page, testbed.url);
  await page.getByLabel("Email", { exact: true }).fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(title(page)).toHaveText("Ada");
});

test("a visitor creates an account", async ({ page, testbed }) => {
  await open(page, testbed.url);
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("Email", { exact: true }).fill("grace@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(title(page)).toHaveText("Your account");
});
