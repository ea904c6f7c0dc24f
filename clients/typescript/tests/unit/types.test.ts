/** Checked by `npm run check`; running them only shows that they are there. */
import { expect, expectTypeOf, test } from "vitest";
import {
  type Challenge,
  type Client,
  type CodeOf,
  createClient,
  type Data,
  type Input,
  type OperationId,
  type Problem,
  type ProblemOf,
  type Result,
  type Session,
  type SessionState,
  type SignedIn,
  type UnexpectedResponse,
  type User,
} from "../../src/index.js";
import type { ProblemShape } from "../../src/runtime/problem.js";

declare const client: Client;

test("inputs are one flat object", () => {
  expectTypeOf<Input<"signIn">>().toEqualTypeOf<{
    email: string;
    password: string;
    remember?: boolean | undefined;
    mode?: "cookie" | "token" | undefined;
    refresh_in?: "cookie" | "body" | undefined;
    device_token?: string | undefined;
  }>();
  expectTypeOf<Parameters<Client["signIn"]>[0]>().toEqualTypeOf<
    Omit<Input<"signIn">, "mode" | "refresh_in">
  >();
  expectTypeOf<Input<"endSession">>().toEqualTypeOf<{ id: string }>();
  expectTypeOf<Input<"listSessions">>().toEqualTypeOf<{
    limit?: number | undefined;
    after?: string | undefined;
  }>();
  expectTypeOf<Input<"updateMe">>().toEqualTypeOf<{
    name?: string | null | undefined;
    locale?: string | null | undefined;
    user_metadata?: { [key: string]: unknown } | null | undefined;
  }>();
});

test("an input may be left out exactly when nothing in it is required", () => {
  type Wrong = {
    [Id in OperationId]: undefined extends Parameters<Client[Id]>[0]
      ? Record<never, never> extends Input<Id>
        ? never
        : Id
      : Record<never, never> extends Input<Id>
        ? Id
        : never;
  }[OperationId];
  expectTypeOf<Wrong>().toEqualTypeOf<never>();
});

test("wrong calls do not compile", () => {
  const wrong = (): unknown[] => [
    // @ts-expect-error: an input is required
    client.signIn(),
    // @ts-expect-error: the password is missing
    client.signIn({ email: "a@b.c" }),
    // @ts-expect-error: there is no such field
    client.signIn({ email: "a@b.c", password: "x", remeber: true }),
    // @ts-expect-error: options come second
    client.getSession({ signal: AbortSignal.abort() }),
    // @ts-expect-error: an id is required
    client.endSession({}),
    // @ts-expect-error: the client itself says its mode
    client.signIn({ email: "a@b.c", password: "x", mode: "token" }),
    // @ts-expect-error: there is no such mode
    createClient({ mode: "bearer" }),
    // @ts-expect-error: the cookie mode stores no token
    createClient({ baseUrl: "", storage: { get: () => "", set: () => {}, remove: () => {} } }),
    // @ts-expect-error: a server does not refresh
    createClient({ baseUrl: "", mode: "token", refreshIn: "cookie", cookies: "" }),
  ];
  expectTypeOf(wrong).toBeFunction();
});

test("data", () => {
  expectTypeOf<Data<"getMe">>().toEqualTypeOf<User>();
  expectTypeOf<Data<"registerUser">>().toEqualTypeOf<User | undefined>();
  expectTypeOf<Data<"signIn">>().toEqualTypeOf<SignedIn | Challenge>();
  expectTypeOf<Data<"completeSignIn">>().toEqualTypeOf<SignedIn>();
  expectTypeOf<Data<"getSession">>().toEqualTypeOf<Session>();
  expectTypeOf<Data<"signOut">>().toEqualTypeOf<undefined>();
  expectTypeOf<User["name"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<Session["mode"]>().toEqualTypeOf<"cookie" | "token">();
});

test("the answer narrows, taken apart or not", async () => {
  const use = async (): Promise<void> => {
    const answer = await client.signIn({ email: "a@b.c", password: "x" }, { timeout: 1000 });
    expectTypeOf(answer.response).toEqualTypeOf<Response>();
    if (answer.problem) expectTypeOf(answer.data).toEqualTypeOf<undefined>();
    else if (answer.data.status === "signed-in")
      expectTypeOf(answer.data).toEqualTypeOf<SignedIn>();
    else expectTypeOf(answer.data).toEqualTypeOf<Challenge>();

    const { data, problem } = await client.getMe();
    if (problem) expectTypeOf(problem).toEqualTypeOf<ProblemOf<"getMe">>();
    else expectTypeOf(data).toEqualTypeOf<User>();
  };
  expectTypeOf(use).toBeFunction();
});

test("problems are a closed union", () => {
  expectTypeOf<"invalid_credentials">().toExtend<CodeOf<"signIn">>();
  expectTypeOf<Extract<CodeOf<"signIn">, "email_taken">>().toEqualTypeOf<never>();
  expectTypeOf<"email_taken">().toExtend<CodeOf<"registerUser">>();
  expectTypeOf<string extends CodeOf<OperationId> ? true : false>().toEqualTypeOf<false>();
  expectTypeOf<ProblemOf<"signIn">["code"]>().toEqualTypeOf<
    CodeOf<"signIn"> | "unexpected_response"
  >();
  expectTypeOf<ProblemOf<OperationId>>().toExtend<ProblemShape>();

  const sentence = (problem: ProblemOf<"refreshTokens">): string => {
    switch (problem.code) {
      case "unexpected_response":
        expectTypeOf(problem).toEqualTypeOf<UnexpectedResponse>();
        return problem.detail;
      default:
        expectTypeOf(problem).toEqualTypeOf<Problem<CodeOf<"refreshTokens">>>();
        return problem.errors?.map(({ field }) => field).join() ?? problem.title;
    }
  };
  expectTypeOf(sentence).toBeFunction();
});

test("of several operations: what any of them may answer", () => {
  expectTypeOf<CodeOf<"signIn" | "registerUser">>().toEqualTypeOf<
    CodeOf<"signIn"> | CodeOf<"registerUser">
  >();
  expectTypeOf<"email_taken">().toExtend<CodeOf<OperationId>>();
  expectTypeOf<Data<"signIn" | "signOut">>().toEqualTypeOf<SignedIn | Challenge | undefined>();
  const sentence = ({ problem }: Result<OperationId>): string | undefined => problem?.title;
  const use = async (): Promise<unknown> => [
    sentence(await client.signIn({ email: "a@b.c", password: "x" })),
    sentence(await client.signOut()),
  ];
  expectTypeOf(use).toBeFunction();
});

test("an exhaustive switch compiles, and meets the codes of the future in its default", () => {
  const sentence = (code: CodeOf<"deleteMe"> | "unexpected_response"): string => {
    switch (code) {
      case "reauthentication_required":
        return "Type the password again.";
      default:
        return code;
    }
  };
  expect(sentence("from_the_future" as never)).toBe("from_the_future");
});

test("the state narrows by its status", () => {
  const use = (state: SessionState): void => {
    if (state.status === "signed-in") {
      expectTypeOf(state.session).toEqualTypeOf<Session>();
      expectTypeOf(state.user).toEqualTypeOf<User>();
    } else expectTypeOf(state.user).toEqualTypeOf<undefined>();
  };
  expectTypeOf(use).toBeFunction();
  expectTypeOf<ReturnType<Client["session"]["get"]>>().toEqualTypeOf<SessionState>();
});
