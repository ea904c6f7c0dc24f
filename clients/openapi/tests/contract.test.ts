import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";
import { contract } from "../scripts/generate/contract.js";
import { type Document, operationsOf } from "../src/document.js";
import type { components } from "../src/generated/public/types.js";
import * as zod from "../src/generated/public/zod.js";
import { DOCUMENTS, json, schemasOf } from "./support/contract.js";
import { lengthsIn, variants } from "./support/variants.js";

const root = (name: string): string => readFileSync(`../../${name}`, "utf8");

test("the package carries what its generator makes of the documents of the repository, the same each time", async () => {
  const [open, admin] = [root("openapi.json"), root("openapi-admin.json")];
  const files = await contract(open, admin);
  expect(files).toEqual(await contract(open, admin));
  for (const [path, text] of files) expect(readFileSync(path, "utf8") === text, path).toBe(true);
  const carried = ["generated", "src/generated"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  expect(carried.toSorted()).toEqual([...files.keys()].toSorted());
});

test.each(DOCUMENTS)("each schema of $document stands for itself", (carried) => {
  const { components } = JSON.parse(root(carried.document));
  const schemas = schemasOf(carried);
  expect(schemas.map(({ name }) => name).toSorted()).toEqual(
    Object.keys(components.schemas).toSorted(),
  );
  for (const { name, schema, judge } of schemas) {
    expect(schema["$schema"], name).toBe("https://json-schema.org/draft/2020-12/schema");
    for (const example of schema["examples"] as unknown[]) {
      expect(judge(example), `${name}: ${JSON.stringify(judge.errors)}`).toBe(true);
    }
  }
});

test.each(DOCUMENTS)("zod accepts and refuses what the schemas of $document do", (carried) => {
  let [accepted, refused] = [0, 0];
  for (const { name, schema, judge, zod } of schemasOf(carried)) {
    for (const example of schema["examples"] as unknown[]) {
      for (const value of [example, ...variants(example, lengthsIn(schema))]) {
        const valid = judge(value);
        if (zod.safeParse(value).success !== valid) {
          expect.fail(`${name}: ${valid ? "refused" : "accepted"} ${JSON.stringify(value)}`);
        }
        if (valid) accepted += 1;
        else refused += 1;
      }
    }
  }
  expect(Math.min(accepted, refused)).toBeGreaterThan(100);
});

test("there is an example of each problem code, which fits the schema of problems", () => {
  const codes = new Set<string>();
  for (const carried of DOCUMENTS) {
    const { judge, zod } = schemasOf(carried).find(({ name }) => name === "Problem") ?? {};
    const list: string[] = json(`generated/${carried.folder}/ProblemCode.json`).enum;
    for (const code of list) {
      codes.add(code);
      const body = json(`generated/problems/${code}.json`);
      expect(body).toMatchObject({ code, type: `urn:bifrons:problem:${code}` });
      expect(judge?.(body), `${code}: ${JSON.stringify(judge?.errors)}`).toBe(true);
      expect(zod?.safeParse(body).success, code).toBe(true);
    }
  }
  expect(readdirSync("generated/problems")).toHaveLength(codes.size);
});

test("the types are those of the schemas", () => {
  expectTypeOf<z.infer<typeof zod.User>["roles"]>().toEqualTypeOf<
    components["schemas"]["User"]["roles"]
  >();
  expectTypeOf<z.infer<typeof zod.Mode>>().toEqualTypeOf<components["schemas"]["Mode"]>();
  expect(zod.Mode.options).toEqual(["cookie", "token"]);
});

test("the marks of the operations are what their requirements and problems say", () => {
  for (const { document } of DOCUMENTS) {
    const operations = operationsOf(json(`generated/${document}`) as Document);
    for (const { id, operation } of operations) {
      const { modes = [], fresh } = operation["x-bifrons"] ?? {};
      const text = JSON.stringify(operation.responses["403"] ?? {});
      expect(fresh, id).toBe(text.includes('"reauthentication_required"'));
      const schemes = (operation.security ?? []).flatMap((way) => Object.keys(way));
      if (schemes.includes("cookieAuth")) expect(modes, id).toContain("cookie");
      if (schemes.includes("bearerAuth")) expect(modes, id).toContain("token");
    }
  }
  const marks = new Map(
    operationsOf(json("generated/openapi.json")).map((one) => [one.id, one.operation["x-bifrons"]]),
  );
  expect(marks.get("signIn")).toEqual({ modes: ["cookie", "token"], fresh: false });
  expect(marks.get("completeSignIn")).toEqual({ modes: ["cookie", "token"], fresh: false });
  expect(marks.get("refreshTokens")).toEqual({ modes: ["token"], fresh: false });
  expect(marks.get("getConfiguration")).toEqual({ modes: [], fresh: false });
  expect(marks.get("deleteMe")).toEqual({ modes: ["cookie", "token"], fresh: true });
});

test("a document that shows no example of a code is refused", async () => {
  const open = JSON.parse(root("openapi.json"));
  open.components.schemas.ProblemCode.enum.push("on_fire");
  const text = JSON.stringify(open);
  await expect(contract(text, root("openapi-admin.json"))).rejects.toThrow("on_fire");
});
