import { expect, test } from "vitest";
import { compare, hint } from "../src/diff/compare.js";
import type { Schema } from "../src/document.js";
import { changes, type Edit, read } from "./support/edit.js";

test("nothing", () => {
  expect(changes(() => {})).toEqual([]);
  expect(hint([])).toContain("patch");
});

test.each<[string, Edit, string]>([
  ["an operation goes", (d) => delete d.paths["/v1/me"].get, "breaking getMe is gone"],
  [
    "an operation comes",
    (d) => {
      d.paths["/v1/you"] = { get: { ...d.paths["/v1/me"].get, operationId: "getYou" } };
    },
    "additive getYou is new",
  ],
  [
    "an operation moves",
    (d) => {
      d.paths["/v1/myself"] = d.paths["/v1/me"];
      delete d.paths["/v1/me"];
    },
    "breaking getMe: is GET /v1/myself now, which deployed clients do not call",
  ],
  [
    "an optional input comes",
    (d) =>
      Object.assign(d.components.schemas.SignInRequest.properties, { code: { type: "string" } }),
    'additive signIn: "code" is new (sent)',
  ],
  [
    "a required input comes",
    (d) => {
      d.components.schemas.SignInRequest.properties.code = { type: "string" };
      d.components.schemas.SignInRequest.required.push("code");
    },
    'breaking signIn: "code" is new (sent)',
  ],
  [
    "an input becomes required",
    (d) => d.components.schemas.SignInRequest.required.push("remember"),
    'breaking signIn: "remember" is required now (sent)',
  ],
  [
    "a field of an answer goes",
    (d) => delete d.components.schemas.User.properties.email,
    'breaking signIn.session.user: "email" is gone (answered)',
  ],
  [
    "a field of an answer comes",
    (d) => Object.assign(d.components.schemas.User.properties, { phone: { type: "string" } }),
    'additive getMe: "phone" is new (answered)',
  ],
  [
    "a field of an answer may be missing",
    (d) => d.components.schemas.User.required.splice(0, 1),
    'breaking getMe: "id" is optional now (answered)',
  ],
  [
    "a field changes its type",
    (d) => Object.assign(d.components.schemas.Tokens.properties.expires_in, { type: "string" }),
    "breaking signIn.tokens.expires_in: is of another type: string (int32), was integer (int32) (answered)",
  ],
  [
    "a mode comes",
    (d) => d.components.schemas.Mode.enum.push("certificate"),
    'unhandled getSession.mode: "certificate" is new (answered)',
  ],
  [
    "a way to send goes",
    (d) => d.components.schemas.RefreshIn.enum.splice(0, 1),
    'breaking signIn.refresh_in: "body" is gone (sent)',
  ],
  [
    "a query goes",
    (d) => d.paths["/v1/me/sessions"].get.parameters.splice(0, 1),
    'breaking listSessions: "limit" is gone (sent)',
  ],
  [
    "a problem comes",
    (d) => {
      const [, name] = d.paths["/v1/me"].get.responses["401"].$ref.split("/responses/");
      const problem = d.components.responses[name].content["application/problem+json"];
      problem.schema.allOf[1].properties.code.enum.push("locked");
    },
    'unhandled getMe: may have the problem "locked"',
  ],
  [
    "a query moves to the body",
    (d) => {
      const operation = d.paths["/v1/session"].post;
      delete d.components.schemas.SignInRequest.properties.remember;
      operation.parameters = [{ name: "remember", in: "query", schema: { type: "boolean" } }];
    },
    'breaking signIn: "remember" has moved to the query',
  ],
  [
    "a query becomes required",
    (d) => {
      d.paths["/v1/me/sessions"].get.parameters[0].required = true;
    },
    'breaking listSessions: "limit" is required now (sent)',
  ],
  [
    "a limit of a query narrows",
    (d) => {
      d.paths["/v1/me/sessions"].get.parameters[0].schema.maximum = 20;
    },
    "breaking listSessions.limit: maximum is 20, was 100 (sent)",
  ],
  [
    "what allOf is made of loses a field",
    (d) => delete d.components.schemas.Session.properties.remember,
    'breaking reauthenticate.session: "remember" is gone (answered)',
  ],
  [
    "a problem loses a code that it narrows",
    (d) => {
      const [, name] = d.paths["/v1/me"].get.responses["401"].$ref.split("/responses/");
      const problem = d.components.responses[name].content["application/problem+json"];
      problem.schema.allOf[1].properties.code.enum.shift();
    },
    'breaking getMe: has no problem "unauthenticated" any more',
  ],
  [
    "a password may be shorter",
    (d) => {
      d.components.schemas.RegisterUserRequest.properties.password.minLength = 4;
    },
    "additive registerUser.password: minLength is 4, was 8 (sent)",
  ],
  [
    "a password must be longer",
    (d) => {
      d.components.schemas.RegisterUserRequest.properties.password.minLength = 12;
    },
    "breaking registerUser.password: minLength is 12, was 8 (sent)",
  ],
  [
    "a limit of an input goes",
    (d) => delete d.components.schemas.SignInRequest.properties.email.maxLength,
    "additive signIn.email: maxLength is no more, was 254 (sent)",
  ],
  [
    "an input gets a pattern",
    (d) => {
      d.components.schemas.SignInRequest.properties.email.pattern = "^A";
    },
    "breaking signIn.email: has the pattern ^A now (sent)",
  ],
  [
    "an answer gets a limit",
    (d) => {
      d.components.schemas.User.properties.email.maxLength = 254;
    },
    "additive getMe.email: maxLength is 254, was none (answered)",
  ],
  [
    "an answer may be null",
    (d) => {
      d.components.schemas.User.properties.email.nullable = true;
    },
    "breaking getMe.email: may be null now (answered)",
  ],
  [
    "an input may not be null any more",
    (d) => delete d.components.schemas.UpdateMeRequest.properties.name.nullable,
    "breaking updateMe.name: may not be null any more (sent)",
  ],
  [
    "an input is one of a list",
    (d) => {
      d.components.schemas.RegisterUserRequest.properties.name.enum = ["Ada"];
    },
    "breaking registerUser.name: is one of a list now (sent)",
  ],
  [
    "an answer comes",
    (d) => {
      d.paths["/v1/probe"].post.responses["200"] = d.paths["/v1/probe"].get.responses["200"];
      delete d.paths["/v1/probe"].post.responses["204"];
    },
    "additive setProbeCookie: there is something now (answered)",
  ],
])("%s", (_, edit, expected) => {
  expect(changes(edit)).toContain(expected);
});

test("a schema inside of itself has an end", () => {
  const children = { type: "array", items: { $ref: "#/components/schemas/User" } };
  expect(changesWith(children, children)).toEqual([]);
});

test("one of several schemas", () => {
  const [text, number] = [{ type: "string", maxLength: 9 }, { type: "integer" }];
  expect(changesWith({ oneOf: [text, number] }, { oneOf: [text] })).toContain(
    "breaking getMe.extra: oneOf has other members (answered)",
  );
  const longer = { ...text, maxLength: 10 };
  expect(changesWith({ oneOf: [number, text] }, { oneOf: [number, longer] })).toContain(
    "breaking getMe.extra: maxLength is 10, was 9 (answered)",
  );
});

/** The changes between two documents whose users have one more property. */
function changesWith(was: Schema, is: Schema): string[] {
  const [before, after] = [read(), read()];
  const add: (document: Parameters<Edit>[0], extra: Schema) => void = (document, extra) => {
    document.components.schemas.User.properties.extra = extra;
  };
  add(before, was);
  add(after, is);
  return compare(before, after).map(({ kind, what }) => `${kind} ${what}`);
}
