// An application on plain http behind a proxy with https. Its session's cookie is Secure, so it depends on what it takes the calls for.
import { readFileSync } from "node:fs";
import cookies from "@fastify/cookie";
import fastifyCors from "@fastify/cors";
import fastifySession from "@fastify/session";
import cors from "cors";
import express from "express";
import session from "express-session";
import fastify from "fastify";

const { kind, port, origins, code } = JSON.parse(readFileSync(process.argv[2], "utf8"));

/** Runs the code of a remedy with these names in scope. */
const apply = (names) => new Function(...Object.keys(names), code)(...Object.values(names));

const secret = "a secret of at least thirty-two characters";
const cookie = { path: "/", httpOnly: true, secure: true, sameSite: "lax" };

async function inExpress() {
  const app = express();
  apply({ app });
  app.use(cors({ origin: origins, credentials: true }));
  app.use(session({ name: "sid", secret, resave: false, saveUninitialized: false, cookie }));
  app.post("/login", (request, response) => {
    request.session.user = "ada";
    response.json({});
  });
  app.get("/me", (request, response) => response.status(request.session.user ? 200 : 401).json({}));
  await new Promise((done) => app.listen(port, "127.0.0.1", done));
}

async function inFastify() {
  const own = code && new Function("fastify", `${code}\nreturn app;`);
  const app = own ? own(fastify) : fastify();
  await app.register(fastifyCors, { origin: origins, credentials: true });
  await app.register(cookies);
  await app.register(fastifySession, {
    cookieName: "sid",
    secret,
    saveUninitialized: false,
    cookie,
  });
  app.post("/login", async (request) => {
    request.session.set("user", "ada");
    return {};
  });
  app.get("/me", async (request, reply) =>
    reply.code(request.session.get("user") ? 200 : 401).send({}),
  );
  await app.listen({ port, host: "127.0.0.1" });
}

await (kind === "express" ? inExpress() : inFastify());
console.log("ready");
