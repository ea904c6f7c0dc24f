import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DIST, emptyFolder, run } from "../support/run.js";
import { signIn, signUp, start } from "../support/service.js";

interface Configuration {
  architecture: string;
  config: {
    User: string;
    WorkingDir: string;
    Entrypoint: string[];
    Env: string[];
    Healthcheck: { Test: string[] };
  };
}

const image = (): string =>
  join(DIST, readdirSync(DIST).find((file) => /^bifrons-image-.*\.tar$/.test(file)) ?? "");

/** Unpacks the image for a processor as a container runtime does. */
async function unpack(
  architecture: string,
): Promise<{ root: string; configuration: Configuration }> {
  const folder = emptyFolder();
  const source = `oci-archive:${image()}`;
  const choice = ["--override-arch", architecture];
  await run("skopeo", [...choice, "copy", "--quiet", source, `oci:${folder}/layout:image`]);
  const printed = await run("skopeo", [...choice, "inspect", "--config", "--raw", source]);
  const bundle = join(folder, "bundle");
  await run("umoci", ["unpack", "--image", `${folder}/layout:image`, bundle]);
  return { root: join(bundle, "rootfs"), configuration: JSON.parse(printed) as Configuration };
}

test("its root file system serves: read-only, as a user without rights, with its own health check", async () => {
  const { root, configuration } = await unpack("amd64");
  const { User, WorkingDir, Entrypoint, Env, Healthcheck } = configuration.config;
  expect(Env).toContain("BIFRONS_LISTEN=0.0.0.0:3000");
  const data = emptyFolder();
  const [user, group] = User.split(":");
  await run("chown", [User, data]);
  const env = Object.fromEntries(Env.map((one) => one.split(/=(.*)/).slice(0, 2)));
  const port = 20_000 + (process.pid % 10_000);
  // `sh` and `mount` are this machine's.
  Object.assign(env, {
    PATH: process.env["PATH"],
    BIFRONS_LISTEN: `0.0.0.0:${port}`,
    BIFRONS_PUBLIC_URL: `http://localhost:${port}`,
  });
  const command = (words: readonly string[]): string[] => [
    "--mount",
    "sh",
    "-ec",
    `mount --bind ${root} ${root}
     mount --bind ${data} ${root}/data
     mount -o remount,bind,ro ${root}
     exec unshare --root=${root} --wd=${WorkingDir} --setgid=${group} --setuid=${user} -- "$@"`,
    "sh",
    ...words,
  ];
  const service = await start("unshare", command(Entrypoint), { env });
  await signUp(service.url);
  await signIn(service.url);
  expect(readdirSync(data)).toContain("bifrons.db");
  const [kind, ...words] = Healthcheck.Test;
  expect(kind).toBe("CMD");
  const healthy = await run("unshare", command(words), { env });
  expect(healthy).toBe("ok: database ok, Redis off\n");
  expect(await service.stop()).toBe(0);
});

test("it is for both processors, and holds the binaries of the release", async () => {
  for (const [architecture, processor] of [
    ["amd64", "x86_64"],
    ["arm64", "aarch64"],
  ] as const) {
    const { root, configuration } = await unpack(architecture);
    expect(configuration.architecture).toBe(architecture);
    const binary = readFileSync(join(DIST, `bifrons-${processor}-unknown-linux-musl`));
    expect(readFileSync(join(root, "usr/bin/bifrons")).equals(binary)).toBe(true);
    // Nothing that could be run besides.
    expect(readdirSync(join(root, "usr/bin"))).toEqual(["bifrons"]);
    expect(readdirSync(root).sort()).toEqual(["data", "etc", "usr"]);
  }
});
