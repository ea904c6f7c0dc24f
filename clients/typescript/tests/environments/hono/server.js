import { serve } from "@hono/node-server";
import { app } from "./app.js";

app.post("/session", async (context) => {
  const { problem } = await context.get("bifrons").signIn(await context.req.parseBody());
  return problem ? context.text(problem.title, problem.status) : context.redirect("/", 303);
});

app.delete("/session", async (context) => {
  await context.get("bifrons").signOut();
  return context.body(null, 204);
});

const port = Number(process.env.PORT);
serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, () =>
  console.log(`http://localhost:${port}`),
);
