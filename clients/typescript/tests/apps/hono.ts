import { Hono } from "hono";
import { csrf } from "hono/csrf";
import { type BifronsVariables, bifrons } from "../../src/adapters/hono.js";
import type { App } from "./app.js";

/** From `Request` to `Response`, without a port. */
export async function startHono(baseUrl: string): Promise<App> {
  const app = new Hono<{ Variables: BifronsVariables }>();
  app.use(csrf());
  app.use(bifrons({ baseUrl }));

  app.get("/", async (context) => {
    const { status, user } = await context.get("bifrons").session.load();
    return context.html(`<main>${user?.email ?? status}</main>`);
  });

  app.post("/session", async (context) => {
    const form = (await context.req.parseBody()) as { email: string; password: string };
    const { problem, response } = await context.get("bifrons").signIn(form);
    return problem
      ? new Response(problem.title, { status: response.status })
      : context.redirect("/", 303);
  });

  app.delete("/session", async (context) => {
    await context.get("bifrons").signOut();
    return context.body(null, 204);
  });

  return {
    origin: "http://app.example",
    fetch: async (url, init) => app.request(url, init),
    stop: async () => {},
  };
}
