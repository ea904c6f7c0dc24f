import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Client, createClient, isProblemError } from "../../src/index.js";
import { answering, empty, json, problem } from "../support/answers.js";
import { session, signedIn } from "../support/sessions.js";

const baseUrl = "https://api.example";
const ada = { email: "ada@example.org", password: "secret" };

const client = (...answers: Response[]): Client =>
  createClient({ baseUrl, fetch: answering(...answers).fetch });

describe("the reason a session ended", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-01-01T00:00:00Z") });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("the user signed out", async () => {
    const one = client(json(200, signedIn()), empty());
    await one.signIn(ada);
    await one.signOut();
    expect(one.session.get()).toEqual({ status: "signed-out", reason: "signed_out" });
  });

  test("it was revoked, or it expired", async () => {
    const ended = async (idle_expires_at: string): Promise<unknown> => {
      const found = { ...session(), idle_expires_at };
      const one = client(json(200, { session: found }), problem(401, "invalid_session"));
      await one.signIn(ada);
      vi.setSystemTime(Date.parse("2026-01-01T02:00:00Z"));
      await one.getMe();
      return one.session.get().reason;
    };
    expect(await ended("2026-01-01T03:00:00Z")).toBe("revoked");
    expect(await ended("2026-01-01T01:00:00Z")).toBe("expired");
  });

  test("there was none", async () => {
    const one = client(problem(401, "unauthenticated"), problem(401, "unauthenticated"));
    await one.session.load();
    await one.getMe();
    expect(one.session.get()).toEqual({ status: "signed-out" });
  });

  test("an Authorization header that a proxy adds hides the cookie, and ends nothing", async () => {
    const hidden = (): Response => problem(401, "unsupported_authorization");
    const one = client(json(200, signedIn()), hidden(), hidden());
    await one.signIn(ada);
    expect((await one.getMe()).problem?.code).toBe("unsupported_authorization");
    expect(await one.session.load()).toMatchObject({
      status: "signed-in",
      error: { code: "unsupported_authorization" },
    });
  });

  test("it stays while the user is signed out", async () => {
    const one = client(json(200, signedIn()), empty(), problem(401, "unauthenticated"));
    await one.signIn(ada);
    await one.signOut();
    await one.getMe();
    expect(one.session.get().reason).toBe("signed_out");
  });
});

describe("a check that fails", () => {
  test("leaves the state open, with the error", async () => {
    const one = client(problem(503, "unavailable"), json(200, session()));
    const { status, error } = await one.session.load();
    expect(status).toBe("unknown");
    expect(isProblemError(error, "getSession") && error.code).toBe("unavailable");
    expect(await one.session.load()).not.toHaveProperty("error");
    expect(one.session.get().status).toBe("signed-in");
  });

  test("without an answer rejects, and signs no user out", async () => {
    const down = new TypeError("down");
    const answers = [json(200, signedIn())];
    const fetch = async (): Promise<Response> => {
      const answer = answers.shift();
      if (!answer) throw down;
      return answer;
    };
    const one = createClient({ baseUrl, fetch });
    await one.signIn(ada);
    await expect(one.session.load()).rejects.toBe(down);
    expect(one.session.get()).toMatchObject({ status: "signed-in", error: down });
  });
});

describe("a page to which the user returns", () => {
  const page = (): EventTarget & { visibilityState: string } =>
    Object.assign(new EventTarget(), { visibilityState: "hidden" });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  interface Watched {
    readonly one: Client;
    readonly sent: readonly unknown[];
    readonly document: ReturnType<typeof page>;
    readonly window: EventTarget;
  }

  async function watched(): Promise<Watched> {
    const document = page();
    const window = new EventTarget();
    const listening = vi.spyOn(document, "addEventListener");
    vi.stubGlobal("document", document);
    vi.stubGlobal("BroadcastChannel", undefined);
    vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
    vi.stubGlobal("removeEventListener", window.removeEventListener.bind(window));
    const { fetch, sent } = answering(json(200, session()), problem(401, "invalid_session"));
    const one = createClient({ baseUrl, fetch, development: false });
    one.session.subscribe(() => {});
    await one.session.load();
    // The part for pages is loaded on first use.
    await vi.waitFor(() => expect(listening).toHaveBeenCalled());
    return { one, sent, document, window };
  }

  test("asks again when the tab becomes visible", async () => {
    const { one, sent, document } = await watched();
    document.dispatchEvent(new Event("visibilitychange"));
    expect(sent, "hidden").toHaveLength(1);
    document.visibilityState = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.waitFor(() => expect(one.session.get().status).toBe("signed-out"));
    expect(sent).toHaveLength(2);
    one.close();
  });

  test("asks again when the back/forward cache restores the page, and not after close()", async () => {
    const { one, sent, window } = await watched();
    const shown = (persisted: boolean): Event =>
      Object.assign(new Event("pageshow"), { persisted });
    window.dispatchEvent(shown(false));
    expect(sent).toHaveLength(1);
    window.dispatchEvent(shown(true));
    expect(sent).toHaveLength(2);
    await vi.waitFor(() => expect(one.session.get().status).toBe("signed-out"));
    one.close();
    await Promise.resolve();
    window.dispatchEvent(shown(true));
    expect(sent).toHaveLength(2);
  });
});
