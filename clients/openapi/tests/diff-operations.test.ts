import { expect, test } from "vitest";
import { changes, type Edit } from "./support/edit.js";

/** A response with a problem. */
const problem = (code: string): object => ({
  content: {
    "application/problem+json": {
      schema: {
        allOf: [
          { $ref: "#/components/schemas/Problem" },
          { properties: { code: { type: "string", enum: [code] } } },
        ],
      },
    },
  },
});

test.each<[string, Edit, string]>([
  [
    "an operation gets another name",
    (d) => {
      d.paths["/v1/me"].get.operationId = "whoAmI";
    },
    "breaking getMe is called whoAmI now",
  ],
  [
    "a request takes no unknown fields any more",
    (d) => {
      d.components.schemas.UpdateMeRequest.properties.user_metadata.additionalProperties = false;
    },
    "breaking updateMe.user_metadata: takes no other fields any more (sent)",
  ],
  [
    "fields of a request do not go together any more",
    (d) => {
      d.components.schemas.UpdateMeRequest.not = { required: ["name", "locale"] };
    },
    "breaking updateMe: refuses fields that do not go together (sent)",
  ],
  [
    "a success with another status comes",
    (d) => {
      d.paths["/v1/me"].patch.responses["202"] = d.paths["/v1/session"].post.responses["202"];
    },
    "breaking updateMe: may answer 202, which callers must tell apart",
  ],
  [
    "a success goes",
    (d) => delete d.paths["/v1/session"].post.responses["202"],
    "breaking signIn: does not answer 202 any more",
  ],
  [
    "a problem with another status comes",
    (d) => {
      const { responses } = d.paths["/v1/me"].get;
      responses["409"] = { $ref: "#/components/responses/PasskeyExists" };
      d.components.responses.PasskeyExists = problem("passkey_exists");
    },
    'unhandled getMe: may have the problem "passkey_exists", with the status 409, which is new here',
  ],
  [
    "an answer without a code comes",
    (d) => {
      d.paths["/v1/me"].get.responses["451"] = { description: "For legal reasons" };
    },
    "unhandled getMe: may answer 451",
  ],
  [
    "a way to authenticate goes",
    (d) => d.paths["/v1/me"].get.security.shift(),
    "breaking getMe: refuses cookieAuth",
  ],
  [
    "a credential becomes required",
    (d) => {
      d.paths["/v1/configuration"].get.security = [{ bearerAuth: [] }];
    },
    "breaking getConfiguration: refuses no credential",
  ],
  [
    "a way to authenticate comes",
    (d) => d.paths["/v1/me"].get.security.push({ refreshCookie: [] }),
    "additive getMe: accepts refreshCookie",
  ],
  [
    "no credential is needed any more",
    (d) => {
      d.paths["/v1/me"].get.security = [];
    },
    "additive getMe: accepts no credential",
  ],
  [
    "a recent authentication is demanded",
    (d) => {
      d.paths["/v1/me"].patch["x-step-up"] = true;
    },
    "breaking updateMe: demands that the user authenticated a short time ago",
  ],
  [
    "a recent authentication is not demanded any more",
    (d) => delete d.paths["/v1/me"].delete["x-step-up"],
    "additive deleteMe: does not demand that the user authenticated a short time ago",
  ],
  [
    "a header becomes required",
    (d) => {
      d.paths["/v1/me"].patch.parameters = [{ name: "If-Match", in: "header", required: true }];
    },
    "breaking updateMe: demands the header if-match",
  ],
  [
    "a cookie becomes required",
    (d) => {
      const { parameters } = d.paths["/v1/session"].post;
      parameters.find((one: { in: string }) => one.in === "cookie").required = true;
    },
    "breaking signIn: demands the cookie __Host-bifrons_device",
  ],
  [
    "a body in another media type",
    (d) => {
      const { requestBody } = d.paths["/v1/me"].patch;
      requestBody.content = {
        "application/merge-patch+json": requestBody.content["application/json"],
      };
    },
    "breaking updateMe: takes no application/json",
  ],
])("%s", (_, edit, expected) => {
  expect(changes(edit)).toContain(expected);
});

test("a header has no effect any more", () => {
  const edit: Edit = (d) => {
    d.paths["/v1/me"].patch.parameters = [{ name: "If-Match", in: "header" }];
  };
  expect(changes(edit, { backwards: true })).toEqual([
    "breaking updateMe: takes no header if-match any more",
  ]);
  expect(changes(edit)).toEqual(["additive updateMe: takes the header if-match"]);
});

test("a body becomes required", () => {
  const edit: Edit = (d) => delete d.paths["/v1/tokens/refresh"].post.requestBody.required;
  expect(changes(edit, { backwards: true })).toEqual([
    "breaking refreshTokens: a body is required now",
  ]);
  expect(changes(edit)).toEqual([]);
});
