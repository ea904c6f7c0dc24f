import { afterEach, expect, test, vi } from "vitest";
import { createClient } from "../../src/index.js";
import { answering, json, problem } from "../support/answers.js";
import { signedIn, withTokens } from "../support/sessions.js";

const OPTIONS = { challenge: "AQID", rpId: "example.org", userVerification: "required" };
const buffer = (...bytes: number[]): ArrayBuffer => new Uint8Array(bytes).buffer;

/** What a program without `toJSON` returns. */
const bare = {
  id: "-_8",
  rawId: buffer(251, 255),
  type: "public-key",
  response: {
    clientDataJSON: buffer(1),
    authenticatorData: buffer(2),
    signature: buffer(3),
    userHandle: null,
  },
};

interface Browser {
  get(request: CredentialRequestOptions): Promise<unknown>;
  parsed?: boolean;
}

function browser({ get, parsed = false }: Browser): void {
  vi.stubGlobal("navigator", { credentials: { get, create: get } });
  const parse = (options: object): object => ({ ...options, parsed });
  vi.stubGlobal("PublicKeyCredential", {
    isConditionalMediationAvailable: async () => true,
    ...(parsed && { parseRequestOptionsFromJSON: parse, parseCreationOptionsFromJSON: parse }),
  });
}

const aborted = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a browser with the parsers of the standard, and one without", async () => {
  for (const parsed of [true, false]) {
    const seen: CredentialRequestOptions[] = [];
    browser({
      parsed,
      get: async (request) => {
        seen.push(request);
        return bare;
      },
    });
    const { fetch, sent } = answering(json(200, OPTIONS), json(200, signedIn()));
    const client = createClient({ baseUrl: "https://api.example", fetch });
    const { data } = await client.passkeys.signIn({ remember: true });
    expect(data).toMatchObject({ status: "signed-in" });
    expect(client.session.get().status).toBe("signed-in");
    const { challenge } = seen[0]?.publicKey ?? {};
    expect(challenge).toEqual(parsed ? "AQID" : new Uint8Array([1, 2, 3]));
    const response = { clientDataJSON: "AQ", authenticatorData: "Ag", signature: "Aw" };
    expect(JSON.parse(String(sent[1]?.init.body))).toEqual({
      mode: "cookie",
      remember: true,
      passkey: { id: "-_8", rawId: "-_8", type: "public-key", response },
    });
  }
});

test("token mode says so, and its tokens are used", async () => {
  browser({ get: async () => bare });
  const { fetch, sent } = answering(json(200, OPTIONS), json(200, withTokens(1)), json(200, {}));
  const client = createClient({
    baseUrl: "https://api.example",
    mode: "token",
    refreshIn: "body",
    fetch,
  });
  await client.passkeys.signIn();
  expect(JSON.parse(String(sent[1]?.init.body))).toMatchObject({ mode: "token" });
  await client.getMe();
  expect(sent[2]?.init.headers["authorization"]).toMatch(/^Bearer /);
});

test("what waits in the autofill ends when another call is made, or its signal is aborted", async () => {
  const mediations: unknown[] = [];
  browser({
    get: async ({ signal, mediation }) => {
      mediations.push(mediation);
      return mediation === "conditional" ? aborted(signal) : bare;
    },
  });
  const { fetch } = answering(
    json(200, OPTIONS),
    json(200, OPTIONS),
    json(200, OPTIONS),
    json(200, signedIn()),
  );
  const client = createClient({ baseUrl: "https://api.example", fetch });
  const left = new AbortController();
  const first = client.passkeys.signIn({ conditional: true, signal: left.signal });
  const leaving = expect(first).rejects.toThrow("left");
  await vi.waitFor(() => expect(mediations).toEqual(["conditional"]));
  left.abort(new Error("left"));
  await leaving;
  const second = client.passkeys.signIn({ conditional: true });
  const replaced = expect(second).rejects.toMatchObject({ name: "AbortError" });
  await vi.waitFor(() => expect(mediations).toHaveLength(2));
  await client.passkeys.signIn();
  await replaced;
  expect(mediations).toEqual(["conditional", "conditional", undefined]);
});

test("a request in the autofill gets a new challenge before the old one expires", async () => {
  vi.useFakeTimers();
  let asked = 0;
  browser({ get: ({ signal }) => (++asked === 1 ? aborted(signal) : Promise.resolve(bare)) });
  const { fetch, sent } = answering(json(200, OPTIONS), json(200, OPTIONS), json(200, signedIn()));
  const client = createClient({ baseUrl: "https://api.example", fetch });
  const answer = client.passkeys.signIn({ conditional: true });
  await vi.waitFor(() => expect(asked).toBe(1));
  await vi.advanceTimersByTimeAsync(540_000);
  expect((await answer).data?.status).toBe("signed-in");
  expect(sent.map(({ url }) => url.split("/v1/")[1])).toEqual([
    "session/passkey/options",
    "session/passkey/options",
    "session/passkey",
  ]);
});

test("without support the call rejects, and a problem of the service is no exception", async () => {
  const { fetch, sent } = answering(problem(403, "reauthentication_required"));
  const client = createClient({ baseUrl: "https://api.example", fetch });
  await expect(client.passkeys.signIn()).rejects.toMatchObject({ name: "NotSupportedError" });
  expect(sent).toEqual([]);
  browser({ get: async () => bare });
  const answer = await client.passkeys.register();
  expect(answer.problem?.code).toBe("reauthentication_required");
});
