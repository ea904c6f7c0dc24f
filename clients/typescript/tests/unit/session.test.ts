import { afterEach, expect, test, vi } from "vitest";
import {
  type Client,
  type ClientOptions,
  createClient,
  type SessionState,
} from "../../src/index.js";
import { answering, empty, json, problem } from "../support/answers.js";
import { session, signedIn } from "../support/sessions.js";

const baseUrl = "https://api.example";
const ada = { email: "ada@example.org", password: "secret" };

function client(...answers: Response[]): Client {
  return createClient({ baseUrl, fetch: answering(...answers).fetch });
}

const status = ({ session }: Client): string => session.get().status;

test("unknown, signed in, signed out: by the answers that pass", async () => {
  const one = client(json(200, signedIn()), empty());
  const seen: SessionState[] = [];
  const end = one.session.subscribe((state) => seen.push(state));
  expect(one.session.get()).toEqual({ status: "unknown" });
  await one.signIn(ada);
  await one.signOut();
  expect(seen).toEqual([
    {
      status: "signed-in",
      session: session(),
      user: session().user,
      expiresAt: session().expires_at,
    },
    { status: "signed-out", reason: "signed_out" },
  ]);
  expect(one.session.get()).toBe(seen[1]);
  end();
});

test("the same snapshot as long as it says the same", async () => {
  const one = client(json(200, session()), json(200, session()), json(200, session("s2")));
  const listener = vi.fn();
  const end = one.session.subscribe(listener);
  await one.session.load();
  const snapshot = one.session.get();
  await one.getSession();
  expect(one.session.get()).toBe(snapshot);
  expect(listener).toHaveBeenCalledTimes(1);
  end();
  await one.getSession();
  expect(one.session.get()).not.toBe(snapshot);
  expect(listener).toHaveBeenCalledTimes(1);
});

test("load asks once however many ask", async () => {
  const { fetch, sent } = answering(json(200, session()));
  const one = createClient({ baseUrl, fetch });
  const states = await Promise.all([one.session.load(), one.session.load(), one.session.load()]);
  expect(states.every((state) => state === one.session.get())).toBe(true);
  expect(sent.length).toBe(1);
});

test("a caller that aborts load stops waiting, and the others go on", async () => {
  let answer = (_: Response): void => {};
  const fetch = vi.fn(
    () =>
      new Promise<Response>((done) => {
        answer = done;
      }),
  );
  const one = createClient({ baseUrl, fetch });
  const controller = new AbortController();
  const first = one.session.load({ signal: controller.signal });
  const second = one.session.load();
  const third = one.session.load({ timeout: 1 });
  controller.abort();
  await expect(first).rejects.toMatchObject({ name: "AbortError" });
  await expect(third).rejects.toMatchObject({ name: "TimeoutError" });
  answer(json(200, session()));
  expect((await second).status).toBe("signed-in");
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("the initial state stays as it was when the client learns more", async () => {
  const one = client(json(200, session()));
  await one.session.load();
  expect(one.session.initial()).toEqual({ status: "unknown" });
});

test.each(["unauthenticated", "invalid_session", "invalid_token"])("401 %s", async (code) => {
  const one = client(json(200, signedIn()), problem(401, code));
  await one.signIn(ada);
  await one.listSessions();
  expect(status(one)).toBe("signed-out");
});

test.each([
  ["a wrong password", problem(401, "invalid_credentials")],
  ["a proxy that wants a password", json(401, {})],
  ["an outage", problem(503, "unavailable")],
  ["a stale session", problem(403, "reauthentication_required")],
])("%s signs no user out", async (_, answer) => {
  const one = client(json(200, signedIn()), answer);
  await one.signIn(ada);
  await one.deleteMe();
  expect(status(one)).toBe("signed-in");
});

test("the user as last seen", async () => {
  const named = { ...session().user, name: "Ada" };
  const one = client(
    json(200, signedIn()),
    json(200, named),
    json(201, session("x", "b@c.d").user),
  );
  await one.signIn(ada);
  await one.updateMe({ name: "Ada" });
  await one.registerUser({ email: "b@c.d", password: "secret" });
  expect(one.session.get()).toMatchObject({ user: named, session: { id: "s1", user: named } });
});

test.each<[string, (one: Client) => Promise<unknown>, string]>([
  ["deleting oneself", (one) => one.deleteMe(), "signed-out"],
  ["ending this session", (one) => one.endSession({ id: "s1" }), "signed-out"],
  ["ending another session", (one) => one.endSession({ id: "s2" }), "signed-in"],
  ["ending the other sessions", (one) => one.endOtherSessions(), "signed-in"],
])("%s", async (_, act, expected) => {
  const one = client(json(200, signedIn()), empty());
  await one.signIn(ada);
  await act(one);
  expect(status(one)).toBe(expected);
});

test("a slow answer brings back no session that was left, and ends none that is new", async () => {
  const slow: ((response: Response) => void)[] = [];
  const quick = [json(200, signedIn()), empty(), json(200, signedIn("s2"))];
  const one = createClient({
    baseUrl,
    fetch: (url) =>
      url.endsWith("/v1/me/sessions") || url.endsWith("/v1/me")
        ? new Promise((done) => slow.push(done))
        : Promise.resolve(quick.shift() as Response),
  });
  await one.signIn(ada);
  const before = [one.getMe(), one.listSessions()];
  await one.signOut();
  slow[0]?.(json(200, session().user));
  await before[0];
  expect(status(one)).toBe("signed-out");
  await one.signIn(ada);
  slow[1]?.(problem(401, "invalid_session"));
  await before[1];
  expect(one.session.get()).toMatchObject({ status: "signed-in", session: { id: "s2" } });
});

test("what was refused while the secret was replaced ends nothing", async () => {
  let answer = (_: Response): void => {};
  const one = createClient({
    baseUrl,
    fetch: async (url) =>
      url.endsWith("/v1/session")
        ? json(200, signedIn())
        : url.endsWith("/password")
          ? new Promise((done) => {
              answer = done;
            })
          : problem(401, "invalid_session"),
  });
  await one.signIn(ada);
  const changing = one.changePassword({ current_password: "a", new_password: "b" });
  await one.getMe();
  expect(status(one)).toBe("signed-in");
  answer(json(200, { session: session() }));
  await changing;
  expect(status(one)).toBe("signed-in");
  await one.getMe();
  expect(status(one)).toBe("signed-out");
});

test("the session that a server knew may be an option", () => {
  const known = (value: ReturnType<typeof session> | null): string =>
    status(createClient({ baseUrl, session: value }));
  expect([known(session()), known(null)]).toEqual(["signed-in", "signed-out"]);
});

test("a network that fails leaves everything as it is", async () => {
  const one = createClient({ baseUrl, fetch: () => Promise.reject(new TypeError("down")) });
  await expect(one.session.load()).rejects.toThrow("down");
  expect(status(one)).toBe("unknown");
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("only pages exchange messages, and only about what they share", async () => {
  const opened = vi.fn();
  vi.stubGlobal("BroadcastChannel", opened);
  const use = (options: Partial<ClientOptions>): unknown =>
    createClient({ baseUrl, ...options } as ClientOptions).session.subscribe(() => {});
  const settle = (): Promise<unknown> => new Promise((done) => setTimeout(done, 50));
  use({});
  await settle();
  expect(opened, "on a server").not.toHaveBeenCalled();
  vi.stubGlobal("document", {});
  use({ token: "mine" });
  use({ mode: "token", refreshIn: "body" });
  await settle();
  expect(opened).not.toHaveBeenCalled();
  use({});
  await vi.waitFor(() => expect(opened).toHaveBeenCalledTimes(1));
});
