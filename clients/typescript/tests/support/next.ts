import { expect, test } from "vitest";
import { cookieFetch } from "./cookies.js";
import type { Site } from "./environment.js";
import { ADA } from "./visitor.js";

/** What only Next.js has: `proxy.js` in front of a page, and a server action in it. */
export function describeAccount(site: () => Site): void {
  test("a proxy guards a page, and its server action signs out", async () => {
    const { origin, fetch: send } = site();
    const { fetch } = cookieFetch(send);
    const post = (path: string, body: FormData): Promise<Response> =>
      fetch(origin + path, {
        method: "POST",
        body,
        redirect: "manual",
        headers: { origin, "sec-fetch-site": "same-origin" },
      });
    const open = (): Promise<Response> => fetch(`${origin}/account`, { redirect: "manual" });
    expect((await open()).headers.get("location")).toMatch(/\/$/);

    await post("/session", form(Object.entries(ADA)));
    const page = await (await open()).text();
    expect(page).toContain(ADA.email);
    // As browsers send it whose scripts are not loaded yet.
    const hidden = page.matchAll(/<input type="hidden" name="([^"]+)"/g);
    const left = await post("/account", form([...hidden].map(([, name = ""]) => [name, ""])));
    expect(left.status).toBe(303);
    expect((await open()).headers.get("location")).toMatch(/\/$/);
  });
}

function form(fields: readonly (readonly [string, string])[]): FormData {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  return data;
}
