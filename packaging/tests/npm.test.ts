import { copyFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DIST, emptyFolder, ending, IS_RELEASE, ROOT, run } from "./support/run.js";
import { signIn, signUp, start } from "./support/service.js";

/** Installs the packages of the release, or those with the binary of this build, into an empty project. */
async function install(folder: string): Promise<void> {
  if (IS_RELEASE) {
    for (const file of packagesIn(DIST)) copyFileSync(join(DIST, file), join(folder, file));
  } else {
    const binary = join(folder, "bifrons");
    await run("strip", ["-o", binary, join(ROOT, "target/debug/bifrons")]);
    await run(join(ROOT, "packaging/npm/pack"), [
      folder,
      "1.2.3",
      "bifrons",
      `${process.arch}=${binary}`,
    ]);
    rmSync(binary);
  }
  const packages = packagesIn(folder);
  expect(packages).toHaveLength(2);
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  const files = packages.map((file) => `./${file}`);
  await run("npm", ["install", "--no-audit", "--no-fund", ...files], { cwd: folder });
}

/** The packages for this machine. */
function packagesIn(folder: string): string[] {
  const names = new RegExp(`^bifrons-server-(\\d|linux-${process.arch}-).*\\.tgz$`);
  return readdirSync(folder).filter((file) => names.test(file));
}

test("npx starts a service from nothing, passes signals on, and ends as the service does", async () => {
  const folder = emptyFolder();
  await install(folder);
  const env = { ...process.env, BIFRONS_LISTEN: "127.0.0.1:0" };
  const service = await start("npx", ["@bifrons/server"], { cwd: folder, env });
  await signUp(service.url);
  await signIn(service.url);
  expect(readdirSync(join(folder, "data"))).toContain("bifrons.db");
  // npm's own status says that the signal ended it. What matters is that the service has ended too.
  await service.stop("SIGTERM");
  const isServed = async (): Promise<boolean> =>
    fetch(service.url).then(
      () => true,
      () => false,
    );
  await expect.poll(isServed, { timeout: 20_000 }).toBe(false);

  // Without npx between, as in a script of package.json.
  const command = join(folder, "node_modules/.bin/bifrons");
  const again = await start(command, [], { cwd: folder, env });
  await signIn(again.url);
  // SIGHUP reloads.
  again.process.kill("SIGHUP");
  await signIn(again.url);
  expect(await again.stop("SIGTERM")).toBe(0);
  const wrong = { ...process.env, BIFRONS_NO_KEY: "1" };
  const refused = await ending(command, ["config", "check"], { cwd: folder, env: wrong });
  expect(refused).toEqual({ code: 2, said: expect.stringContaining("BIFRONS_NO_KEY") });

  rmSync(join(folder, "node_modules/@bifrons", `server-linux-${process.arch}`), {
    recursive: true,
  });
  const missing = await ending(command, ["--version"], { cwd: folder });
  expect(missing).toEqual({ code: 1, said: expect.stringContaining("--omit=optional") });
  expect(missing.said).not.toContain("    at ");
});
