import { expect, test } from "vitest";
import { isBreak } from "../src/diff/change.js";
import { compare, hint } from "../src/diff/compare.js";
import { changes, type Edit, read } from "./support/edit.js";

test.each<[string, Edit]>([
  ["words", (d) => Object.assign(d.paths["/v1/me"].get, { summary: "Me", description: "Me." })],
  ["examples", (d) => Object.assign(d.components.schemas.User, { example: {} })],
  ["the order of codes", (d) => d.components.schemas.ProblemCode.enum.reverse()],
  ["the order of fields", (d) => d.components.schemas.User.required.reverse()],
  ["the order of ways to authenticate", (d) => d.paths["/v1/me"].get.security.reverse()],
  [
    "a schema under another name",
    (d) => {
      d.components.schemas.Person = d.components.schemas.User;
      d.paths["/v1/me"].get.responses["200"].content["application/json"].schema = {
        $ref: "#/components/schemas/Person",
      };
    },
  ],
  [
    "a response in place",
    (d) => {
      const { responses } = d.paths["/v1/me"].get;
      responses["401"] = d.components.responses[responses["401"].$ref.split("/").at(-1)];
    },
  ],
  [
    "the names of cookies, which depend on the deployment",
    (d) => {
      d.components.securitySchemes.cookieAuth.name = "bifrons_session";
      d.paths["/v1/session"].post.parameters[0].name = "bifrons_device";
    },
  ],
])("nothing is said about %s", (_, edit) => {
  expect(changes(edit)).toEqual([]);
});

test.each<[string, Edit]>([
  [
    "a new operation",
    (d) => {
      d.paths["/v1/you"] = { get: { ...d.paths["/v1/me"].get, operationId: "getYou" } };
    },
  ],
  ["an input that is optional now", (d) => d.components.schemas.SignInRequest.required.pop()],
  [
    "a longer list of what may be sent",
    (d) => {
      d.components.schemas.RefreshIn.enum.push("header");
    },
  ],
  [
    "a header that may be sent",
    (d) => {
      d.paths["/v1/me"].patch.parameters = [{ name: "If-Match", in: "header", required: false }];
    },
  ],
  [
    "a wider limit",
    (d) => {
      d.components.schemas.SignInRequest.properties.email.maxLength = 300;
    },
  ],
  [
    "a new field of an answer",
    (d) => {
      d.components.schemas.User.properties.phone = { type: "string" };
      d.components.schemas.User.required.push("phone");
    },
  ],
  [
    "one more way to authenticate",
    (d) => d.paths["/v1/me"].get.security.push({ refreshCookie: [] }),
  ],
])("%s breaks nothing", (_, edit) => {
  const after = read();
  edit(after);
  const found = compare(read(), after);
  expect(found.length).toBeGreaterThan(0);
  expect(found.filter(isBreak)).toEqual([]);
});

test("the version follows what breaks", () => {
  const change = (kind: "breaking" | "unhandled") => [{ kind, operation: "getMe", what: "" }];
  expect(hint(change("breaking"))).toContain("major");
  expect(hint(change("unhandled"))).toContain("minor");
});
