import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { debian } from "../support/debian.js";
import { DIST, emptyFolder, ending, ROOT, run } from "../support/run.js";
import { type Service, signIn, signUp, start } from "../support/service.js";

// A Debian of its own, so that packages are installed as on a machine, and this machine is not touched.
const system = await debian();
const inside = (path: string): string => join(system, path);
const inSystem = async (command: string, ...args: string[]): Promise<string> =>
  run("chroot", [system, command, ...args], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
  });
const dpkg = async (...args: string[]): Promise<string> =>
  inSystem("dpkg", "--force-confold", ...args);

const released = readdirSync(DIST).find((file) => /^bifrons_.*_amd64\.deb$/.test(file)) ?? "";
const UNIT = join(ROOT, "packaging/debian/bifrons.service");
const processor = "x86_64-unknown-linux-musl";

beforeAll(async () => {
  await dpkg("--purge", "bifrons");
  // The version before this one.
  const before = join(ROOT, "target/before");
  const build = join(ROOT, "packaging/debian/build");
  await run(build, [before, "0.0.1", "amd64", join(DIST, `bifrons-${processor}`)]);
  mkdirSync(inside("packages"), { recursive: true });
  copyFileSync(join(before, "bifrons_0.0.1_amd64.deb"), inside("packages/before.deb"));
  copyFileSync(join(DIST, released), inside("packages/released.deb"));
});

afterAll(async () => {
  await dpkg("--purge", "bifrons");
});

/** The settings of a section of the installed unit. */
function unit(name: string): string[] {
  const text = readFileSync(inside("usr/lib/systemd/system/bifrons.service"), "utf8");
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));
}

/** Starts the service as the unit says: its command, user, folder, environment and credentials, with the file system read-only. */
async function startUnit(port: number): Promise<Service> {
  const user = unit("User")[0] ?? "";
  const [, , uid, gid] = (await inSystem("getent", "passwd", user)).split(":");
  // systemd gives the service copies of its credentials, which no other user can read.
  const credentials = "/run/credentials/bifrons.service";
  await inSystem("install", "-d", "-o", user, "-m", "0500", "/run/credentials", credentials);
  for (const [name, file] of unit("LoadCredential").map((one) => one.split(":"))) {
    await inSystem("install", "-o", user, "-m", "0400", file ?? "", `${credentials}/${name}`);
  }
  const environment = unit("Environment").map((one) =>
    one.replace("%d", credentials).split(/=(.*)/).slice(0, 2),
  );
  const state = `/var/lib/${unit("StateDirectory")[0]}`;
  const script = `
    mount --bind ${system} ${system}
    mount --bind ${inside(state)} ${inside(state)}
    mount -o remount,bind,ro ${system}
    exec unshare --root=${system} --wd=${unit("WorkingDirectory")[0]} --setgid=${gid} --setuid=${uid} -- ${unit("ExecStart")[0]}`;
  const env = {
    PATH: process.env["PATH"],
    ...Object.fromEntries(environment),
    BIFRONS_LISTEN: `127.0.0.1:${port}`,
  };
  return start("unshare", ["--mount", "sh", "-ec", script], { env });
}

const mode = (path: string): string => (statSync(inside(path)).mode & 0o7777).toString(8);

test("it is installed, serves as its unit says, is upgraded, removed and purged", async () => {
  await dpkg("--install", "/packages/before.deb");
  expect([
    mode("etc/bifrons/secrets"),
    mode("var/lib/bifrons"),
    mode("etc/bifrons/bifrons.toml"),
  ]).toEqual(["600", "700", "644"]);
  const wants = "etc/systemd/system/multi-user.target.wants/bifrons.service";
  expect(readdirSync(inside("etc/systemd/system/multi-user.target.wants"))).toContain(
    "bifrons.service",
  );
  const port = 20_000 + (process.pid % 10_000);
  const first = await startUnit(port);
  await signUp(first.url);
  await signIn(first.url);
  // A command of root reads the same secret and the same database.
  const config = ["--config", "/etc/bifrons/bifrons.toml"];
  expect(await inSystem("bifrons", ...config, "keys", "list")).toContain("signing");
  expect(await inSystem("bifrons", ...config, "sessions", "end", "--all")).not.toBe("");
  expect(await first.stop()).toBe(0);

  const secret = readFileSync(inside("etc/bifrons/secrets"), "utf8");
  const changed = `${readFileSync(inside("etc/bifrons/bifrons.toml"), "utf8")}\n# Changed by the operator.\n`;
  writeFileSync(inside("etc/bifrons/bifrons.toml"), changed);
  await dpkg("--install", "/packages/released.deb");
  expect(readFileSync(inside("etc/bifrons/secrets"), "utf8")).toBe(secret);
  expect(readFileSync(inside("etc/bifrons/bifrons.toml"), "utf8")).toBe(changed);
  const second = await startUnit(port);
  await signIn(second.url);
  expect(await second.stop()).toBe(0);

  // A removed package leaves what it would need again.
  await dpkg("--remove", "bifrons");
  expect(existsSync(inside("usr/bin/bifrons"))).toBe(false);
  expect([mode("etc/bifrons/secrets"), mode("var/lib/bifrons/bifrons.db")]).toEqual(["600", "600"]);
  await dpkg("--purge", "bifrons");
  for (const path of [
    "etc/bifrons",
    "var/lib/bifrons",
    wants,
    "usr/lib/systemd/system/bifrons.service",
  ]) {
    expect(existsSync(inside(path)), path).toBe(false);
  }
  expect((await ending("chroot", [system, "dpkg", "--status", "bifrons"])).code).toBe(1);
});

test("its unit gives the service no more than it needs", async () => {
  const judged = await ending("systemd-analyze", [
    "security",
    "--offline=true",
    "--threshold=15",
    UNIT,
  ]);
  expect(judged, judged.said).toMatchObject({ code: 0 });
});

test("its unit forbids no system call that the service makes", async () => {
  const folder = emptyFolder();
  await run("chown", ["65534:65534", folder]);
  const binary = inside("usr/bin/bifrons");
  await dpkg("--install", "/packages/released.deb");
  const env = { BIFRONS_LISTEN: "127.0.0.1:0", PATH: process.env["PATH"] };
  const filtered = join(ROOT, "packaging/tests/support/filtered.py");
  const service = await start(filtered, [UNIT, "65534", binary], { cwd: folder, env });
  await signUp(service.url);
  await signIn(service.url);
  // Hashing gives way to everything else.
  const { pid } = service.process;
  const tasks = readdirSync(`/proc/${pid}/task`);
  const nice = tasks.map(
    (task) => readFileSync(`/proc/${pid}/task/${task}/stat`, "utf8").split(") ")[1]?.split(" ")[16],
  );
  expect(nice.some((value) => Number(value) > 0)).toBe(true);
  expect(await service.stop()).toBe(0);
});
