import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { debian } from "../support/debian.js";
import { commandsOf } from "../support/document.js";
import { DIST, emptyFolder, ROOT, run } from "../support/run.js";

const SUPPORT = join(ROOT, "packaging/tests/support");
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PACKAGES = ["postgresql", "redis-server", "nginx-light", "openssl", "curl"];

/** Debian with the packages of other projects that the page installs: its network is this machine's, and that of the test is empty. */
const prepared = join(ROOT, "target/deploying");

beforeAll(async () => {
  if (existsSync(prepared)) return;
  const part = `${prepared}.part`;
  rmSync(part, { recursive: true, force: true });
  await run("cp", ["--archive", await debian(), part]);
  const install = `mount -t proc proc ${part}/proc
    cp /etc/resolv.conf ${part}/etc/resolv.conf
    chroot ${part} apt-get update --quiet
    chroot ${part} apt-get install --yes --quiet --no-install-recommends ${PACKAGES.join(" ")}`;
  const env = { PATH, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
  await run("unshare", ["--mount", "sh", "-ec", install], { env });
  renameSync(part, prepared);
});

/** A certificate for the hosts of the page, from an authority that the system trusts. */
async function certify(system: string): Promise<void> {
  const certificate = join(system, "etc/ssl/certs/auth.example.com.pem");
  const key = join(system, "etc/ssl/private/auth.example.com.key");
  const folder = emptyFolder();
  const [authority, secret] = [join(folder, "ca.crt"), join(folder, "ca.key")];
  const openssl = async (...args: string[]): Promise<string> => run("openssl", args);
  const made = ["-newkey", "rsa:2048", "-nodes"];
  await openssl(
    "req",
    "-x509",
    ...made,
    "-keyout",
    secret,
    "-out",
    authority,
    "-subj",
    "/CN=Authority",
  );
  const request = join(folder, "request");
  await openssl("req", ...made, "-keyout", key, "-out", request, "-subj", "/CN=auth.example.com");
  const extensions = join(folder, "extensions");
  writeFileSync(extensions, "subjectAltName = DNS:auth.example.com, DNS:mail.example.com\n");
  const signed = ["-CA", authority, "-CAkey", secret, "-CAcreateserial", "-extfile", extensions];
  await openssl("x509", "-req", "-in", request, "-out", certificate, ...signed);
  copyFileSync(authority, join(system, "usr/local/share/ca-certificates/authority.crt"));
  await run("chroot", [system, "update-ca-certificates"], { env: { PATH } });
  writeFileSync(
    join(system, "etc/hosts"),
    "127.0.0.1 localhost auth.example.com mail.example.com\n",
  );
}

const SIGN_IN = `
body='{"email":"ada@example.org","password":"correct horse battery","name":"Ada"}'
json='content-type: application/json'
curl -fsS https://auth.example.com/v1/users -H "$json" -d "$body" >/dev/null
curl -fsS https://auth.example.com/v1/session -c jar -H "$json" -d '{"email":"ada@example.org","password":"correct horse battery"}' >/dev/null
curl -fsS https://auth.example.com/v1/session -b jar
echo
curl -sS -o /dev/null -w '%{http_code} %{redirect_url}\\n' http://auth.example.com/v1/session
echo "sessions in PostgreSQL: $(su postgres -c "psql -At -c 'select count(*) from session' bifrons")"
stat -c '%U:%G %a' /etc/bifrons/database-url
`;

/** A session by each of the nodes, and by two of them while the third is dead. */
const THREE = `
for request in $(seq 30); do curl -fsS https://auth.example.com/v1/session -b jar >/dev/null; done
echo "before a node died: $?"
kill -9 "$(cat /second/run/bifrons.pid)"
for request in $(seq 30); do curl -fsS https://auth.example.com/v1/session -b jar >/dev/null; done
echo "after a node died: $?"
for node in / /second /third; do echo "node $node: $(grep -c getSession $node/tmp/bifrons.log)"; done
cookie=$(awk '/session/ { print $6 "=" $7 }' jar)
of_nodes() { for address in 127.0.0.1 10.0.0.3; do
  curl -sS -o /dev/null -w "$1: %{http_code}\\n" "http://$address:3000/v1/session" -H "Cookie: $cookie"
done; }
of_nodes live
curl -fsS -X DELETE https://auth.example.com/v1/session -b jar
of_nodes ended
`;

/** A machine with the package of the release beside it, and what its commands need. */
async function machine(from: string, system: string): Promise<void> {
  await run("cp", ["--archive", from, system]);
  const released = readdirSync(DIST).find((file) => file.endsWith("_amd64.deb")) ?? "";
  copyFileSync(join(DIST, released), join(system, "root", released));
  copyFileSync(join(SUPPORT, "systemctl"), join(system, "usr/local/bin/systemctl"));
}

test("the commands of the page make three nodes behind nginx, with PostgreSQL, Redis, TLS and mail", async () => {
  const folder = emptyFolder();
  const system = join(folder, "system");
  await machine(prepared, system);
  await certify(system);
  // The other machines share the network of the first one, below whose root they are.
  const others = { second: "10.0.0.2", third: "10.0.0.3" };
  const pages = [
    "set -eu",
    commandsOf("A node behind nginx, on Debian"),
    SIGN_IN,
    commandsOf("On the first machine"),
  ];
  for (const [name, address] of Object.entries(others)) {
    await machine(await debian(), join(system, name));
    const page = `set -eu\naddress=${address}\n${commandsOf("On each further machine")}`;
    writeFileSync(join(system, name, "root/page"), page);
    pages.push(`mount -t proc proc /${name}/proc\nmount --bind /dev /${name}/dev`);
    pages.push(`cp bifrons-node.tar /${name}/root/`);
    pages.push(`chroot /${name} bash -c "cd /root && bash page"`);
  }
  pages.push(commandsOf("Let nginx use them"), THREE);
  writeFileSync(join(system, "root/page"), pages.join("\n"));
  const [certificate, key] = ["certs/auth.example.com.pem", "private/auth.example.com.key"];
  // Network and processes of its own: ports are free, and nothing stays behind.
  const script = `ip link set lo up
    for address in 1 2 3; do ip address add 10.0.0.$address/24 dev lo; done
    mount -t proc proc ${system}/proc
    mount --bind /dev ${system}/dev
    ${SUPPORT}/mail_server.py ${system}/etc/ssl/${certificate} ${system}/etc/ssl/${key} "the password" >${folder}/mails 2>&1 &
    chroot ${system} bash -c "cd /root && bash page" 2>&1
    cat ${folder}/mails`;
  const isolated = ["--mount", "--net", "--pid", "--fork", "--kill-child"];
  const env = { PATH, LC_ALL: "C.UTF-8", HOME: "/root" };
  const printed = await run("unshare", [...isolated, "sh", "-ec", script], { env }).catch(
    (error: Error & { stdout?: string }) => expect.fail(`${error.message}\n${error.stdout}`),
  );
  expect(printed).toContain("ok: database ok, Redis ok");
  expect(printed).toContain("mail to ada@example.com");
  expect(printed).toContain('"email":"ada@example.org"');
  expect(printed).toContain("301 https://auth.example.com/v1/session");
  expect(printed).toContain("sessions in PostgreSQL: 1\n");
  expect(printed).toMatch(/^root:bifrons 640$/m);
  expect(printed).toContain("after a node died: 0\n");
  for (const node of ["/", "/second", "/third"]) {
    expect(printed).toMatch(new RegExp(`^node ${node}: [1-9]`, "m"));
  }
  expect(printed).toContain("live: 200\nlive: 200\nended: 401\nended: 401\n");
});
