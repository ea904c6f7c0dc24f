import { expect, test } from "vitest";
import { createClient } from "../../src/index.js";
import { type CookieSource, withCookies } from "../../src/runtime/cookies.js";
import { answering, json } from "../support/answers.js";
import { session } from "../support/sessions.js";

const baseUrl = "https://api.example";
const sentBy = async (cookies: CookieSource): Promise<string | undefined> => {
  const { fetch, sent } = answering(json(200, session()));
  await createClient({ baseUrl, cookies, fetch }).getSession();
  return sent[0]?.init.headers["cookie"];
};

const ALL =
  "theme=dark; __Host-bifrons_session=a; xbifrons_session=b; __Secure-bifrons_refresh=c=;" +
  "bifrons_probe=1; __Host-sid=d; BIFRONS_session=e; not bifrons_session=f";
const OURS = "__Host-bifrons_session=a; __Secure-bifrons_refresh=c=; bifrons_probe=1";

test("exactly our cookies, from wherever they are", async () => {
  const request = new Request("https://app.example", { headers: { cookie: ALL } });
  expect(await sentBy(ALL)).toBe(OURS);
  expect(await sentBy(request)).toBe(OURS);
  expect(await sentBy(request.headers)).toBe(OURS);
  expect(await sentBy({ headers: { cookie: ALL } })).toBe(OURS);
});

test.each<[string, CookieSource]>([
  ["nothing", undefined],
  ["null", null],
  ["an empty header", ""],
  ["no header", new Headers()],
  ["a request without cookies", { headers: {} }],
  ["foreign cookies", "a=1; b=2"],
])("no header for %s", async (_, cookies) => {
  expect(await sentBy(cookies)).toBeUndefined();
});

test("what the service sets comes back, and the next call sends it", async () => {
  const response = json(200, session());
  response.headers.append("set-cookie", "bifrons_session=new; Path=/; HttpOnly");
  response.headers.append("set-cookie", "bifrons_refresh=; Path=/; Max-Age=0");
  response.headers.append("set-cookie", "lb=internal; Path=/");
  const { fetch, sent } = answering(response, json(200, session()));
  const cookies = "bifrons_session=old; bifrons_refresh=old";
  const client = createClient({ baseUrl, cookies, fetch });
  await client.signIn({ email: "a@b.c", password: "secret" });
  await client.getSession();
  expect(client.setCookies).toEqual([
    "bifrons_session=new; Path=/; HttpOnly",
    "bifrons_refresh=; Path=/; Max-Age=0",
  ]);
  expect(sent.map(({ init }) => init.headers["cookie"])).toEqual([cookies, "bifrons_session=new"]);
});

test("several cookies of one name are sent as they came: the service judges them", async () => {
  const twins = "bifrons_session=a; bifrons_session=b; bifrons_session=a";
  expect(await sentBy(twins)).toBe(twins);
});

test("the cookie stores of frameworks, promised or not", async () => {
  const store = {
    get: (name: string) => ({ name, value: "not a header" }),
    getAll: () => [
      { name: "theme", value: "dark" },
      { name: "__Host-bifrons_session", value: "a" },
    ],
  };
  expect(await sentBy(store)).toBe("__Host-bifrons_session=a");
  expect(await sentBy(Promise.resolve(store))).toBe("__Host-bifrons_session=a");
  const headers = Promise.resolve(new Headers({ cookie: ALL }));
  expect(await sentBy(headers)).toBe(OURS);
});

test("what holds no cookies is refused, not silently signed out", async () => {
  await expect(sentBy({ session: "a" } as never)).rejects.toThrow(
    "The option cookies is no request",
  );
});

test("a fetch without getSetCookie", async () => {
  const response = json(200, session());
  const { headers } = response;
  const get = (name: string): string | null =>
    name === "set-cookie"
      ? "bifrons_session=new; Expires=Thu, 01 Jan 2026 00:00:00 GMT; Path=/, bifrons_device=d; Path=/"
      : headers.get(name);
  Object.defineProperty(response, "headers", { value: { get } });
  const client = createClient({ baseUrl, cookies: "", fetch: answering(response).fetch });
  await client.getSession();
  expect(client.setCookies).toEqual([
    "bifrons_session=new; Expires=Thu, 01 Jan 2026 00:00:00 GMT; Path=/",
    "bifrons_device=d; Path=/",
  ]);
});

test("frameworks keep no answers, and the browser's own cookies stay out of it", async () => {
  const { fetch, sent } = answering(json(200, session()));
  await withCookies("", [], fetch)(baseUrl, { credentials: "include", headers: {} });
  expect(sent[0]?.init).toMatchObject({ cache: "no-store" });
  expect(sent[0]?.init).not.toHaveProperty("credentials");
});

test("a server does not refresh: the next cookie might not reach the browser", () => {
  const options = { baseUrl, mode: "token", refreshIn: "cookie", cookies: "" } as never;
  expect(() => createClient(options)).toThrow(TypeError);
});
