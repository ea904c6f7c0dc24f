import { expect, expectTypeOf, test } from "vitest";
import {
  type Challenge,
  type Client,
  createClient,
  isProblemError,
  ProblemError,
  type ProblemOf,
  type SignedIn,
} from "../../src/index.js";
import { answering, json, problem } from "../support/answers.js";
import { signedIn } from "../support/sessions.js";

const ada = { email: "ada@example.org", password: "secret" };
const client = (...answers: Response[]): Client =>
  createClient({ baseUrl: "https://api.example", fetch: answering(...answers).fetch });

test("data, and the state with it", async () => {
  const one = client(json(200, signedIn()));
  const data = await one.throwing.signIn(ada);
  expectTypeOf(data).toEqualTypeOf<SignedIn | Challenge>();
  expect(data).toEqual(signedIn());
  expect(one.session.get().status).toBe("signed-in");
});

test("a problem is thrown, with its code", async () => {
  const error: unknown = await client(problem(401, "invalid_credentials"))
    .throwing.signIn(ada)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProblemError);
  expect(String(error)).toBe("ProblemError: signIn: No");
  expect(isProblemError(error)).toBe(true);
  expect(isProblemError(error, "getMe")).toBe(false);
  expect(isProblemError(new Error("no"))).toBe(false);
  if (!isProblemError(error, "signIn")) throw error;
  expectTypeOf(error.problem).toEqualTypeOf<ProblemOf<"signIn">>();
  expectTypeOf(error.code).toEqualTypeOf<ProblemOf<"signIn">["code"]>();
  expect([error.code, error.response.status]).toEqual(["invalid_credentials", 401]);
});

test("a code that is newer than this client is thrown as well", async () => {
  const failing = client(problem(418, "from_the_future")).throwing.getMe();
  await expect(failing).rejects.toMatchObject({ code: "from_the_future" });
});
