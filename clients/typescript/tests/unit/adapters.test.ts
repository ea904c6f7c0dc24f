import { MutationObserver, QueryClient } from "@tanstack/query-core";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { get } from "svelte/store";
import { afterEach, expect, expectTypeOf, test, vi } from "vitest";
import { createSSRApp, effectScope, h } from "vue";
import { renderToString as renderVue } from "vue/server-renderer";
import { useSession } from "../../src/adapters/react.js";
import { sessionStore } from "../../src/adapters/svelte.js";
import { mutation, query, retry } from "../../src/adapters/tanstack-query.js";
import { useSession as useVueSession } from "../../src/adapters/vue.js";
import { type Client, createClient, type User } from "../../src/index.js";
import { answering, empty, json, problem } from "../support/answers.js";
import { session } from "../support/sessions.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

const client = (...answers: Response[]): Client =>
  createClient({ baseUrl: "https://api.example", fetch: answering(...answers).fetch });
const known = (): Client => createClient({ baseUrl: "https://api.example", session: session() });

test("React hydrates with what the server rendered, and then shows what the page knows", async () => {
  vi.stubGlobal("window", {});
  const one = client(json(200, session()));
  await one.session.load();
  const Name = (): string => useSession(one).user?.email ?? "none";
  // The server renderer reads the snapshot that hydration reads.
  expect(renderToString(createElement(Name))).toBe("none");
});

test("during server rendering no adapter asks: the next visitor would see the answer", async () => {
  const { fetch, sent } = answering(json(200, session()), json(200, session()));
  const shared = createClient({ baseUrl: "https://api.example", fetch });
  sessionStore(shared).subscribe(() => {})();
  const app = createSSRApp({ setup: () => () => h("p", useVueSession(shared).value.status) });
  expect(await renderVue(app)).toBe("<p>unknown</p>");
  expect(sent).toEqual([]);

  vi.stubGlobal("window", {});
  sessionStore(shared).subscribe(() => {})();
  expect(sent).toHaveLength(1);
});

test("React renders what is known, on the server too", () => {
  const one = known();
  const Name = (): string => useSession(one).user?.email ?? "none";
  expect(renderToString(createElement(Name))).toBe("ada@example.org");
});

test("Vue follows, until its scope ends", async () => {
  const one = client(json(200, session()), empty(), json(200, session()));
  const scope = effectScope();
  const state = scope.run(() => useVueSession(one));
  expect(state?.value.status).toBe("unknown");
  await one.session.load();
  expect(state?.value.user?.email).toBe("ada@example.org");
  await one.signOut();
  expect(state?.value.status).toBe("signed-out");
  scope.stop();
  await one.getSession();
  expect(state?.value.status).toBe("signed-out");
});

test("Vue renders what is known, on the server too", async () => {
  const one = known();
  const app = createSSRApp({
    setup: () => {
      const state = useVueSession(one);
      return () => h("p", state.value.user?.email);
    },
  });
  expect(await renderVue(app)).toBe("<p>ada@example.org</p>");
});

test("Svelte's store follows until it has no subscriber", async () => {
  const one = client(json(200, session()), empty());
  const store = sessionStore(one);
  const seen: string[] = [];
  const end = store.subscribe(({ status }) => seen.push(status));
  await one.session.load();
  end();
  expect(get(store).user?.email).toBe("ada@example.org");
  await one.signOut();
  expect(seen).toEqual(["unknown", "signed-in"]);
});

test("TanStack Query reads, is refused, and changes", async () => {
  const one = client(json(200, session().user), problem(401, "unauthenticated"), empty());
  const queries = new QueryClient();
  const options = query(one, "getMe");
  const me = await queries.fetchQuery(options);
  expectTypeOf(me).toEqualTypeOf<User>();
  expect(me.email).toBe("ada@example.org");
  expect(queries.getQueryData(["bifrons", "getMe", undefined])).toEqual(me);
  await expect(
    queries.fetchQuery({ ...query(one, "listSessions", { limit: 1 }), retry }),
  ).rejects.toMatchObject({ code: "unauthenticated" });

  const signOut = new MutationObserver(queries, mutation(one, "signOut"));
  await signOut.mutate();
  expect(one.session.get().status).toBe("signed-out");
  queries.clear();
});

test("the wrong kind of operation does not compile", () => {
  const wrong = (one: Client): unknown[] => [
    // @ts-expect-error: signing in is no query
    query(one, "signIn"),
    // @ts-expect-error: reading is no mutation
    mutation(one, "getMe"),
    // @ts-expect-error: signing in takes a password
    mutation(one, "signIn").mutationFn(),
  ];
  expectTypeOf(wrong).toBeFunction();
});

test("what the service refused is not asked again", () => {
  const refused = { problem: { status: 401 } };
  const down = { problem: { status: 503 } };
  expect([retry(0, refused), retry(0, down), retry(0, new TypeError()), retry(3, down)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
