import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  createClient,
  type OperationId,
  type Session,
  type SignedIn,
  type User,
} from "../../src/index.js";
import { openPage, startChromium, type Watched } from "../support/chromium.js";
import { startProxy } from "../support/proxy.js";
import { type Service, startService } from "../support/service.js";

let browser: Browser;
let service: Service;
const ada = { email: "ada@example.org", password: "correct horse battery staple" };

beforeAll(async () => {
  service = await startService();
  browser = await startChromium();
  await createClient({ baseUrl: service.url }).registerUser(ada);
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

let context: BrowserContext;
let watched: Watched;
let page: Page;
beforeEach(async () => {
  context = await browser.newContext();
  watched = await openPage(context);
  page = watched.page;
  const response = await page.goto(`${service.url}/docs`);
  const policy = response?.headers()["content-security-policy"];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe");
  return () => context.close();
});

test("a signed-out visitor signs up and in with the examples, and is known by cookie", async () => {
  expect((await tryOut("getSession")).status).toBe(401);

  const user = await tryOut<User>("registerUser");
  expect(user.status).toBe(201);
  const { email } = user.body;
  const credentials = { email, password: "correct horse battery" };
  expect((await tryOut("signIn", credentials)).status).toBe(200);
  const session = await tryOut<Session>("getSession");
  expect(session).toMatchObject({ status: 200, body: { mode: "cookie", user: user.body } });
  expect(await page.evaluate(() => document.cookie)).toBe("");
  nothingLeftThePage();
});

test("an access token pasted under Authorize is used", async () => {
  const signedIn = await tryOut<SignedIn>("signIn", { ...ada, mode: "token" });
  expect(signedIn.status).toBe(200);
  expect(await context.cookies()).toEqual([]);

  await authorize(signedIn.body.tokens?.access_token ?? "");
  const session = await tryOut<Session>("getSession");
  expect(session).toMatchObject({
    status: 200,
    body: { mode: "token", user: { email: ada.email } },
  });
  nothingLeftThePage();
});

test.each(["cookie", "token"])("the box on top signs in and out in mode %s", async (mode) => {
  await signInBox(ada.password, mode);
  await expect.poll(said, PATIENT).toContain(`${ada.email} is signed in, mode ${mode}.`);
  expect(await tryOut<Session>("getSession")).toMatchObject({ status: 200, body: { mode } });
  expect(await page.locator("#sign-in [name=password]").inputValue()).toBe("");
  await page.locator("#sign-in [name=leave]").click();
  await expect.poll(said, PATIENT).toBe("Signed out.");
  expect((await tryOut("getSession")).status).toBe(401);

  await signInBox(`not ${ada.password}`, mode);
  await expect.poll(said, PATIENT).toContain("401 invalid_credentials");
  nothingLeftThePage();
});

test("the box remembers nothing", async () => {
  await signInBox(ada.password, "token");
  await expect.poll(said, PATIENT).toContain("is signed in");
  expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
  await page.reload();
  expect(await said()).toBe("");
  expect((await tryOut("getSession")).status).toBe(401);
});

test("below the prefix of a proxy the box and the operations reach the service", async () => {
  const proxy = await startProxy(service.url, "/auth");
  try {
    await page.goto(`${proxy.url}/`);
    expect(page.url()).toBe(`${proxy.url}/docs`);
    await signInBox(ada.password, "cookie");
    await expect.poll(said, PATIENT).toContain("is signed in");
    expect((await tryOut<Session>("getSession")).status).toBe(200);
  } finally {
    proxy.stop();
  }
});

/** Hashing a password takes a while on a busy machine. */
const PATIENT = { timeout: 30_000 };

const said = (): Promise<string | null> => page.textContent("#sign-in output");

/** Sends the form on top of the page. */
async function signInBox(password: string, mode: string): Promise<void> {
  await page.locator("#sign-in [name=email]").fill(ada.email);
  await page.locator("#sign-in [name=password]").fill(password);
  await page.locator("#sign-in [name=mode]").selectOption(mode);
  await page.locator("#sign-in").getByRole("button", { name: "Sign in" }).click();
}

/** Opens an operation, sends it, and reads the answer off the page. */
async function tryOut<Body>(
  id: OperationId,
  input?: object,
): Promise<{ status: number; body: Body }> {
  const block = page.locator(`.opblock[id$="-${id}"]`);
  if (!(await opened(block))) {
    await block.locator(".opblock-summary-control").click();
    await block.getByRole("button", { name: "Try it out" }).click();
  }
  if (input) await block.locator("textarea.body-param__text").fill(JSON.stringify(input));

  const clear = block.getByRole("button", { name: "Clear" });
  if (await clear.isVisible()) await clear.click();
  await block.getByRole("button", { name: "Execute" }).click();
  const answer = block.locator(".live-responses-table tbody tr.response").first();
  const status = await answer.locator(".response-col_status").textContent();
  const body = await answer.locator(".highlight-code code").first().textContent();
  return { status: Number.parseInt(status ?? "", 10), body: JSON.parse(body ?? "") as Body };
}

async function opened(block: Locator): Promise<boolean> {
  return (await block.getAttribute("class"))?.includes("is-open") ?? false;
}

async function authorize(token: string): Promise<void> {
  await page.locator(".scheme-container .btn.authorize").click();
  const dialog = page.locator(".auth-container", { hasText: "bearerAuth" });
  await dialog.locator("input").fill(token);
  await dialog.locator("button.authorize").click();
  await dialog.locator(".btn-done").click();
}

function nothingLeftThePage(): void {
  expect(watched.origins).toEqual(new Set([service.url]));
  expect(watched.complaints).toEqual([]);
}
