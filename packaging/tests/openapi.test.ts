import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, ending, ROOT, run } from "./support/run.js";

test("the package of the documents has all that it exports, and its command", async () => {
  const folder = emptyFolder();
  const source = join(ROOT, "clients/openapi");
  await run("npm", ["run", "--silent", "build"], { cwd: source });
  await run(join(ROOT, "packaging/npm/pack"), [folder, "1.2.3", "openapi"]);
  const packages = readdirSync(folder).map((file) => `./${file}`);
  expect(packages).toEqual(["./bifrons-openapi-1.2.3.tgz"]);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", ...packages], {
    cwd: folder,
  });
  // The peers are those that the package was tested with.
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  for (const peer of ["typescript", "zod"]) {
    const link = join(folder, "node_modules", peer);
    symlinkSync(join(source, "node_modules", peer), link);
  }
  const suite = `
    import { compare, operationsOf } from "@bifrons/openapi";
    import document from "@bifrons/openapi/openapi.json" with { type: "json" };
    import admin from "@bifrons/openapi/openapi-admin.json" with { type: "json" };
    import problem from "@bifrons/openapi/problems/rate_limited.json" with { type: "json" };
    import schema from "@bifrons/openapi/schemas/User.json" with { type: "json" };
    import other from "@bifrons/openapi/schemas-admin/ProblemCode.json" with { type: "json" };
    import "@bifrons/openapi/types";
    import "@bifrons/openapi/types-admin";
    import { Problem } from "@bifrons/openapi/zod";
    import { ProblemCode } from "@bifrons/openapi/zod-admin";
    const holds =
      Problem.parse(problem).status === 429 &&
      ProblemCode.options.length === other.enum.length &&
      schema.title === "User" &&
      operationsOf(admin).length > 0 &&
      compare(document, document).length === 0;
    process.exit(holds ? 7 : 1);`;
  writeFileSync(join(folder, "suite.js"), suite);
  expect(await ending("node", ["suite.js"], { cwd: folder })).toMatchObject({ code: 7 });
  writeFileSync(join(folder, "a.js"), 'import { getMe } from "@bifrons/client/core";');
  const diff = ["@bifrons/openapi", "diff", "1.2.3", "1.2.3", "--used-by", "."];
  expect(await ending("npx", diff, { cwd: folder })).toMatchObject({ code: 0 });
});
