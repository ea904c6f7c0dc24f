import { bifrons } from "@bifrons/client/hono";
import { Hono } from "hono";
import { csrf } from "hono/csrf";

export const app = new Hono();
app.use(csrf(), bifrons({ baseUrl: process.env.BIFRONS_URL }));

app.get("/", async (context) => {
  const { user } = await context.get("bifrons").session.load();
  return context.html(`<main>${user ? user.email : "Sign in first"}</main>`);
});
