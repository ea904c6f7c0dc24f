import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DIST, emptyFolder, run } from "../support/run.js";

const wheels = readdirSync(DIST).filter((file) => file.endsWith(".whl"));

test("there is a wheel for each processor", () => {
  const processors = wheels.map((file) => /musllinux_1_1_(\w+)\.whl$/.exec(file)?.[1]);
  expect(processors.sort()).toEqual(["aarch64", "x86_64"]);
});

test("pip installs the wheel for this machine, and its testbed starts and signs in", async () => {
  const folder = emptyFolder();
  const bin = join(folder, "venv/bin");
  await run("python3", ["-m", "venv", join(folder, "venv")]);
  const from = ["--quiet", "--disable-pip-version-check", "--find-links", DIST];
  await run(join(bin, "pip"), ["install", ...from, "--no-index", "bifrons-testbed"]);
  const suite = `
from urllib.request import Request, urlopen
from bifrons_testbed import Testbed, start
with start() as testbed:
    cookie = testbed.user(sign_in="cookie")["credentials"]["cookie"]
    print(urlopen(Request(f"{testbed.url}/v1/session", headers={"cookie": cookie})).status)
`;
  expect(await run(join(bin, "python"), ["-c", suite], { cwd: folder })).toBe("200\n");
});
