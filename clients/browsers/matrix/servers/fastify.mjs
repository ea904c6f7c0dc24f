import { randomUUID } from "node:crypto";
import cookies from "@fastify/cookie";
import cors from "@fastify/cors";
import session from "@fastify/session";
import fastify from "fastify";
import { apply, create, env, folded, start } from "./listen.mjs";

await start(async (variant) => {
  const { cookie, snippets } = variant;
  let server;
  const app = fastify({
    serverFactory: (handler) => {
      server = create(variant, handler);
      return server;
    },
  });
  const permit = async (request, reply) => {
    if (request.method === "OPTIONS") return reply.code(401).send();
  };
  const settings = variant.cors &&
    !variant.cors.by_hand && {
      origin: variant.cors.origins,
      credentials: variant.cors.credentials,
      allowedHeaders: variant.cors.headers,
      methods: variant.cors.methods,
      strictPreflight: false,
    };
  if (snippets.cors) await apply(snippets.cors, { app, cors });
  else if (settings && !variant.cors.only_sign_in) {
    if (variant.cors.after_auth) app.addHook("onRequest", permit);
    await app.register(cors, settings);
  }
  await app.register(cookies);
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
  if (snippets.session) await apply(snippets.session, { app, session, process: env });
  else if (!own) {
    const common = {
      cookieName: variant.cookie_name,
      secret: env.env.SESSION_SECRET,
      saveUninitialized: false,
    };
    await app.register(session, { ...common, cookie: options });
  }
  const sessions = new Set();
  const signIn = async (request, reply) => {
    if (own) {
      const id = randomUUID() + "x".repeat(variant.padding);
      sessions.add(id);
      const written = { ...options, maxAge: cookie.max_age };
      if (variant.folded) reply.header("set-cookie", folded(variant.cookie_name, id));
      else reply.setCookie(variant.cookie_name, id, written);
      if (variant.deleted)
        reply.header("set-cookie", `${variant.cookie_name}=; Path=/; Secure; Max-Age=0`);
    } else request.session.set("user", "ada");
    return reply.send({ signed_in: true });
  };
  const routes = async (scope) => {
    if (settings && variant.cors.only_sign_in && !snippets.cors)
      await scope.register(cors, settings);
    if (variant.redirect) {
      scope.post("/login", async (_, reply) =>
        reply.redirect(variant.redirect.to, variant.redirect.status),
      );
      scope.route({ method: ["GET", "POST"], url: "/signed-in", handler: signIn });
    } else scope.route({ method: variant.method, url: "/login", handler: signIn });
  };
  await app.register(routes);
  app.get("/me", async (request, reply) => {
    const user = own
      ? sessions.has(request.cookies[variant.cookie_name])
      : request.session.get("user");
    return reply.code(user ? 200 : 401).send({ user: Boolean(user) });
  });
  await app.ready();
  return server;
});
