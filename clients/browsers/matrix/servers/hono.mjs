import { randomUUID } from "node:crypto";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { apply, create, folded, start } from "./listen.mjs";

await start(async (variant) => {
  const { cookie, snippets } = variant;
  const app = new Hono();
  const permit = (c, next) => (c.req.method === "OPTIONS" ? c.body(null, 401) : next());
  const settings = variant.cors &&
    !variant.cors.by_hand && {
      origin: variant.cors.origins,
      credentials: variant.cors.credentials,
      allowHeaders: variant.cors.headers,
      allowMethods: variant.cors.methods,
    };
  if (snippets.cors) await apply(snippets.cors, { app, cors });
  else if (settings) {
    if (variant.cors.after_auth) app.use(permit);
    app.use(variant.cors.only_sign_in ? "/login" : "*", cors(settings));
  }
  const written = {
    path: cookie.path,
    httpOnly: cookie.http_only,
    secure: cookie.secure,
    sameSite: cookie.same_site ?? undefined,
    partitioned: cookie.partitioned,
    domain: cookie.domain ?? undefined,
    maxAge: cookie.max_age,
  };
  const options = snippets.session
    ? await apply(`${snippets.session}\nreturn options;`, {})
    : written;
  const sessions = new Set();
  const signIn = (c) => {
    const id = randomUUID() + "x".repeat(snippets.session ? 0 : variant.padding);
    sessions.add(id);
    if (variant.folded && !snippets.session)
      c.header("set-cookie", folded(variant.cookie_name, id));
    else setCookie(c, variant.cookie_name, id, options);
    if (variant.deleted && !snippets.session)
      deleteCookie(c, variant.cookie_name, { path: "/", secure: true });
    return c.json({ signed_in: true });
  };
  if (variant.redirect) {
    app.post("/login", (c) => c.redirect(variant.redirect.to, variant.redirect.status));
    app.all("/signed-in", signIn);
  } else app.on(variant.method, "/login", signIn);
  app.get("/me", (c) => {
    const user = sessions.has(getCookie(c, variant.cookie_name));
    return c.json({ user }, user ? 200 : 401);
  });
  return create(variant, getRequestListener(app.fetch));
});
