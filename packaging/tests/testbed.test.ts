import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, ending, ROOT, run } from "./support/run.js";

/** What only a testbed contains: the names of its header and of the module of its faults. */
const MARKS = ["x-bifrons-testbed", "bifrons4http6faults"];

test("the service contains nothing of the testbed", () => {
  const [service, testbed] = ["bifrons", "bifrons-testbed"].map((name) =>
    readFileSync(join(ROOT, "target/debug", name)),
  );
  for (const mark of MARKS) {
    expect(service?.includes(mark), mark).toBe(false);
    expect(testbed?.includes(mark), mark).toBe(true);
  }
});

test("npx starts a testbed from nothing, and runs a suite inside", async () => {
  const folder = emptyFolder();
  await run("npm", ["run", "--silent", "build"], { cwd: join(ROOT, "clients/testbed") });
  const binary = join(folder, "bifrons-testbed");
  await run("strip", ["-o", binary, join(ROOT, "target/debug/bifrons-testbed")]);
  const pack = join(ROOT, "packaging/npm/pack");
  await run(pack, [folder, "1.2.3", "bifrons-testbed", `${process.arch}=${binary}`]);
  rmSync(binary);
  const packages = readdirSync(folder).map((file) => `./${file}`);
  expect(packages).toHaveLength(2);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await run("npm", ["install", "--no-audit", "--no-fund", ...packages], { cwd: folder });
  const suite = `
    import { attach } from "@bifrons/testbed";
    const testbed = attach();
    const { credentials } = await testbed.user({ sign_in: "cookie" });
    const headers = { cookie: credentials.cookie };
    const { status } = await fetch(testbed.url + "/v1/session", { headers });
    process.exit(status === 200 ? 7 : 1);`;
  writeFileSync(join(folder, "suite.js"), suite);
  const command = join(folder, "node_modules/.bin/bifrons-testbed");
  expect(await ending(command, ["--", "node", "suite.js"], { cwd: folder })).toMatchObject({
    code: 7,
  });
  rmSync(join(folder, "node_modules/@bifrons", `testbed-linux-${process.arch}`), {
    recursive: true,
  });
  const missing = await ending(command, [], { cwd: folder });
  expect(missing).toEqual({ code: 2, said: expect.stringContaining("--omit=optional") });
});
