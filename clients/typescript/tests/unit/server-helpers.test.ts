import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { Hono } from "hono";
import { RouterContextProvider } from "react-router";
import { expect, test } from "vitest";
import { type BifronsVariables, bifrons } from "../../src/adapters/hono.js";
import { visitorClient } from "../../src/adapters/nuxt.js";
import {
  bifrons as reactRouter,
  visitorClient as visitorContext,
} from "../../src/adapters/react-router.js";
import { parseSetCookie } from "../../src/adapters/set-cookie.js";
import { bifrons as sveltekit } from "../../src/adapters/sveltekit.js";
import { answering, json } from "../support/answers.js";
import { session, signedIn } from "../support/sessions.js";

const baseUrl = "https://api.example";
const ada = { email: "ada@example.org", password: "secret" };
const COOKIE = "__Host-bifrons_session=new; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";

/** A request of a visitor behind a proxy, and a service that signs the visitor in. */
function visit(): { request: Request } & ReturnType<typeof answering> {
  const headers = {
    cookie: "theme=dark; __Host-bifrons_session=old",
    "x-forwarded-for": "192.0.2.7",
    "user-agent": "A browser",
    "x-other": "stays here",
  };
  const answer = json(200, signedIn());
  answer.headers.append("set-cookie", COOKIE);
  answer.headers.append("set-cookie", "lb=internal");
  return { request: new Request("https://app.example/", { headers }), ...answering(answer) };
}

const SENT = {
  cookie: "__Host-bifrons_session=old",
  "x-forwarded-for": "192.0.2.7",
  "user-agent": "A browser",
};

test("Hono: the visitor's address reaches the service, and the service's cookies the visitor", async () => {
  const { request, fetch, sent } = visit();
  const app = new Hono<{ Variables: BifronsVariables }>();
  app.use(bifrons({ baseUrl, fetch }));
  app.get("/", async (context) => {
    const { data } = await context.get("bifrons").signIn(ada);
    return context.text(data?.status === "signed-in" ? data.session.user.email : "");
  });
  const response = await app.request(request);
  expect(await response.text()).toBe(ada.email);
  expect(response.headers.getSetCookie()).toEqual([COOKIE]);
  expect(sent[0]?.init.headers).toMatchObject(SENT);
  expect(sent[0]?.init.headers).not.toHaveProperty("x-other");
});

test("SvelteKit: the same, with the address that the adapter knows, and no cache", async () => {
  const { request, fetch, sent } = visit();
  const locals = {} as Parameters<ReturnType<typeof sveltekit>>[0]["event"]["locals"];
  const response = await sveltekit({ baseUrl, fetch })({
    event: { request, locals, getClientAddress: () => "192.0.2.9" },
    resolve: async ({ locals }) => {
      await locals.client.throwing.signIn(ada);
      return new Response(locals.client.session.get().user?.email);
    },
  });
  expect(await response.text()).toBe(session().user.email);
  expect(response.headers.getSetCookie()).toEqual([COOKIE]);
  expect(response.headers.get("cache-control")).toBe("private, no-store");
  expect(sent[0]?.init.headers).toMatchObject({ ...SENT, "x-forwarded-for": "192.0.2.9" });
});

test("React Router: the same in a middleware, for loaders and actions", async () => {
  const { request, fetch, sent } = visit();
  const context = new RouterContextProvider();
  const given = { request, context, params: {}, url: new URL(request.url), pattern: "/" };
  const response = await reactRouter({ baseUrl, fetch })(given as never, async () => {
    const { data } = await context.get(visitorContext).signIn(ada);
    return new Response(data?.status === "signed-in" ? data.session.user.email : "");
  });
  expect(await (response as Response).text()).toBe(ada.email);
  expect((response as Response).headers.getSetCookie()).toEqual([COOKIE]);
  expect((response as Response).headers.get("cache-control")).toBe("private, no-store");
  expect(sent[0]?.init.headers).toMatchObject(SENT);
  expect(sent[0]?.init.headers).not.toHaveProperty("x-other");
});

test("Nuxt: the same with an event of either edition of h3", async () => {
  const first = visit();
  const answered = new ServerResponse(new IncomingMessage(new Socket()));
  answered.setHeader("set-cookie", "theirs=1");
  const node = { req: answered.req, res: answered };
  // The first edition has Node's pair in two more places.
  const event = { headers: first.request.headers, node, ...node };
  const client = visitorClient(event, { baseUrl, fetch: first.fetch });
  expect((await client.signIn(ada)).data).toMatchObject({
    session: { user: { email: ada.email } },
  });
  expect(answered.getHeader("set-cookie")).toEqual(["theirs=1", COOKIE]);
  expect(first.sent[0]?.init.headers).toMatchObject(SENT);

  const second = visit();
  const res = { headers: new Headers() };
  await visitorClient({ req: second.request, res }, { baseUrl, fetch: second.fetch }).signIn(ada);
  expect(res.headers.getSetCookie()).toEqual([COOKIE]);
  expect(second.sent[0]?.init.headers).toMatchObject(SENT);
});

test("a Set-Cookie header as an object", () => {
  expect(parseSetCookie(COOKIE)).toEqual({
    name: "__Host-bifrons_session",
    value: "new",
    ...{ path: "/", secure: true, httpOnly: true, sameSite: "lax", maxAge: 0 },
  });
  const cross = "a=b=c; Domain=example.org; SameSite=None; Partitioned";
  expect(parseSetCookie(cross)).toEqual({
    ...{ name: "a", value: "b=c", domain: "example.org", sameSite: "none", partitioned: true },
  });
});
