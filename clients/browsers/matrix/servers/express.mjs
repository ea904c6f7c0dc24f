import { randomUUID } from "node:crypto";
import cookieSession from "cookie-session";
import cors from "cors";
import express from "express";
import session from "express-session";
import { apply, create, env, folded, kind, start } from "./listen.mjs";

await start(async (variant) => {
  const { cookie, snippets } = variant;
  const app = express();
  const settings = variant.cors &&
    !variant.cors.by_hand && {
      origin: variant.cors.origins,
      credentials: variant.cors.credentials,
      allowedHeaders: variant.cors.headers,
      methods: variant.cors.methods,
    };
  const permit = (request, response, next) =>
    request.method === "OPTIONS" ? response.status(401).end() : next();
  if (snippets.cors) await apply(snippets.cors, { app, cors });
  else if (settings) {
    if (variant.cors.after_auth) app.use(permit);
    app.use(...(variant.cors.only_sign_in ? ["/login"] : []), cors(settings));
  }
  // Behind CORS, where a remedy puts it.
  if (snippets.cors && variant.cors?.after_auth) app.use(permit);
  const options = {
    path: cookie.path,
    httpOnly: cookie.http_only,
    secure: cookie.secure,
    sameSite: cookie.same_site ?? undefined,
    partitioned: cookie.partitioned,
    domain: cookie.domain ?? undefined,
    maxAge: cookie.max_age * 1000,
  };
  const own = variant.own && !snippets.session;
  const secret = env.env.SESSION_SECRET;
  if (snippets.session)
    await apply(snippets.session, { app, session, cookieSession, process: env });
  else if (kind === "cookie_session") {
    app.use(cookieSession({ name: variant.cookie_name, secret, ...options }));
  } else if (!own) {
    const common = { name: variant.cookie_name, secret, resave: false, saveUninitialized: false };
    app.use(session({ ...common, cookie: options }));
  }
  const sessions = new Set();
  const signIn = (request, response) => {
    if (own) {
      const id = randomUUID() + "x".repeat(variant.padding);
      sessions.add(id);
      if (variant.folded) response.setHeader("set-cookie", folded(variant.cookie_name, id));
      else response.cookie(variant.cookie_name, id, options);
      if (variant.deleted) response.clearCookie(variant.cookie_name, options);
    } else request.session.user = "ada";
    response.json({ signed_in: true });
  };
  if (variant.redirect) {
    app.all("/login", (_, response) =>
      response.redirect(variant.redirect.status, variant.redirect.to),
    );
    app.all("/signed-in", signIn);
  } else app[variant.method.toLowerCase()]("/login", signIn);
  app.get("/me", (request, response) => {
    const value = new RegExp(`(?:^|; )${variant.cookie_name}=([^;]*)`).exec(
      request.headers.cookie ?? "",
    )?.[1];
    const user = own ? sessions.has(value) : request.session?.user;
    response.status(user ? 200 : 401).json({ user: Boolean(user) });
  });
  return create(variant, app);
});
