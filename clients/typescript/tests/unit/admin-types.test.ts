/** Checked by `npm run check`; running them only shows that they are there. */
import { expectTypeOf, test } from "vitest";
import {
  type AdminClient,
  type AdminSession,
  type AdminUser,
  type AuditEvent,
  type CodeOf,
  createAdminClient,
  type Data,
  type Input,
  type Item,
  isProblemError,
  type ListId,
  type OperationId,
  type ProblemOf,
  type UnexpectedResponse,
} from "../../src/admin/index.js";
import type { Client } from "../../src/index.js";

declare const admin: AdminClient;
declare const client: Client;

test("inputs are one flat object, with the version where there is If-Match", () => {
  expectTypeOf<Input<"updateUser">>().toEqualTypeOf<{
    id: string;
    version?: number | undefined;
    name?: string | null | undefined;
    locale?: string | null | undefined;
    app_metadata?: { [key: string]: unknown } | null | undefined;
    roles?: string[] | undefined;
  }>();
  expectTypeOf<Input<"deleteUser">>().toEqualTypeOf<{ id: string; version?: number | undefined }>();
  expectTypeOf<Input<"disableUser">>().toEqualTypeOf<{ id: string }>();
  type Matching = {
    [Id in OperationId]: string extends keyof Input<Id>
      ? never
      : "version" extends keyof Input<Id>
        ? Id
        : never;
  }[OperationId];
  expectTypeOf<Matching>().toEqualTypeOf<
    "updateUser" | "deleteUser" | "updateWebhook" | "deleteWebhook"
  >();
});

test("an input may be left out exactly when nothing in it is required", () => {
  type Wrong = {
    [Id in OperationId]: undefined extends Parameters<AdminClient[Id]>[0]
      ? Record<never, never> extends Input<Id>
        ? never
        : Id
      : Record<never, never> extends Input<Id>
        ? Id
        : never;
  }[OperationId];
  expectTypeOf<Wrong>().toEqualTypeOf<never>();
});

test("data and lists", () => {
  expectTypeOf<Data<"getUser">>().toEqualTypeOf<AdminUser>();
  expectTypeOf<Data<"deleteUser" | "getUser">>().toEqualTypeOf<AdminUser | undefined>();
  expectTypeOf<ListId>().toEqualTypeOf<
    "listUsers" | "listUserSessions" | "listAuditEvents" | "listMail" | "listWebhookDeliveries"
  >();
  expectTypeOf<Item<"listUserSessions">>().toEqualTypeOf<AdminSession>();
  const use = async (): Promise<void> => {
    for await (const event of admin.all("listAuditEvents")) {
      expectTypeOf(event).toEqualTypeOf<AuditEvent>();
    }
  };
  expectTypeOf(use).toBeFunction();
});

test("problems are a closed union of each operation", () => {
  expectTypeOf<"version_conflict">().toExtend<CodeOf<"updateUser">>();
  expectTypeOf<Extract<CodeOf<"getUser">, "version_conflict">>().toEqualTypeOf<never>();
  expectTypeOf<"scope_missing" | "invalid_admin_key">().toExtend<CodeOf<"getUser">>();
  expectTypeOf<ProblemOf<"getUser">["code"]>().toEqualTypeOf<
    CodeOf<"getUser"> | "unexpected_response"
  >();
  const sentence = (problem: ProblemOf<"updateUser">): string => {
    if (problem.code !== "unexpected_response") return problem.title;
    expectTypeOf(problem).toEqualTypeOf<UnexpectedResponse>();
    return problem.detail;
  };
  expectTypeOf(sentence).toBeFunction();
  const narrow = (error: unknown): void => {
    if (isProblemError(error, "deleteUser")) {
      expectTypeOf(error.code).toEqualTypeOf<ProblemOf<"deleteUser">["code"]>();
    }
  };
  expectTypeOf(narrow).toBeFunction();
});

test("wrong calls do not compile", () => {
  const wrong = (): unknown[] => [
    // @ts-expect-error: an id is required
    admin.getUser(),
    // @ts-expect-error: there is no such field
    admin.updateUser({ id: "1", versoin: 7 }),
    // @ts-expect-error: this operation has no version
    admin.disableUser({ id: "1", version: 7 }),
    // @ts-expect-error: this list has no pages
    admin.all("listWebhooks"),
    // @ts-expect-error: a list of one user's sessions needs the user
    admin.all("listUserSessions"),
    // @ts-expect-error: neither a client nor a key
    createAdminClient({ baseUrl: "https://auth.example.org" }),
    // @ts-expect-error: a key comes without cookies
    createAdminClient({ adminKey: "bfa_x", credentials: "include" }),
    createAdminClient(client),
  ];
  expectTypeOf(wrong).toBeFunction();
});
