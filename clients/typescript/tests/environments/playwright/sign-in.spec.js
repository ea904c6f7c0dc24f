import { createClient } from "@bifrons/client";
import { parseSetCookie } from "@bifrons/client/set-cookie";
import { expect, test } from "@playwright/test";

const baseUrl = process.env.BIFRONS_URL;

test("the browser starts signed in", async ({ context, page }) => {
  const client = createClient({ baseUrl, cookies: "" });
  const ada = { email: "playwright@example.org", password: "correct horse battery" };
  await client.registerUser(ada);
  await client.throwing.signIn(ada);
  const { hostname } = new URL(baseUrl);
  await context.addCookies(
    client.setCookies.map(parseSetCookie).map(({ name, value }) => ({
      ...{ name, value, domain: hostname, path: "/" },
    })),
  );
  await page.goto(`${baseUrl}/docs`);
  const session = await page.evaluate(async () => (await fetch("/v1/session")).json());
  expect(session.user.email).toBe(ada.email);
});
