import { type Context, Hono } from "hono";
import { csrf } from "hono/csrf";
import { type Client, createClient } from "../../src/index.js";
import type { App } from "./app.js";

/** From `Request` to `Response`, without a port. */
export async function startHono(baseUrl: string): Promise<App> {
  const app = new Hono();
  app.use(csrf());

  app.get("/", async (context) => {
    const client = createClient({ baseUrl, cookies: context.req.raw });
    const { status, user } = await client.session.load();
    handOn(client, context);
    return context.html(`<main>${user?.email ?? status}</main>`);
  });

  app.post("/session", async (context) => {
    const client = createClient({ baseUrl, cookies: context.req.raw });
    const form = (await context.req.parseBody()) as { email: string; password: string };
    const { problem, response } = await client.signIn(form);
    handOn(client, context);
    return problem
      ? new Response(problem.title, { status: response.status })
      : context.redirect("/", 303);
  });

  app.delete("/session", async (context) => {
    const client = createClient({ baseUrl, cookies: context.req.raw });
    await client.signOut();
    handOn(client, context);
    return context.body(null, 204);
  });

  return {
    origin: "http://app.example",
    fetch: async (url, init) => app.request(url, init),
    stop: async () => {},
  };
}

function handOn({ setCookies }: Client, context: Context): void {
  for (const cookie of setCookies) context.header("set-cookie", cookie, { append: true });
}
