// `--page`: the doctor opens the page of a frontend in Chromium, signs in there, and sees whether its code
// asks for credentials. Everything else about this API is right.

import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { BINARY } from "./support/bifrons.js";
import { type Pages, serve } from "./support/pages.js";

const PAGE = "admin.jazzmeet.site";

/** How a page calls, in its own words. */
const CALLS: Readonly<Record<string, string>> = {
  careful: `
    await fetch(api + "/login", { method: "POST", headers, body, credentials: "include" });
    await fetch(api + "/me", { credentials: "include" });`,
  careless: `
    await fetch(api + "/login", { method: "POST", headers, body });
    await fetch(api + "/me", { credentials: "include" });`,
  "careless-later": `
    await fetch(new Request(api + "/login", { method: "POST", headers, body, credentials: "include" }));
    await fetch(api + "/me");`,
  xhr: `
    const call = new XMLHttpRequest();
    call.open("post", api + "/login");
    call.setRequestHeader("content-type", "application/json");
    call.withCredentials = location.hash === "";
    call.send(body);`,
  dialogs: `
    alert("Welcome");
    if (confirm("Go on?") && prompt("Your name?") !== null) {
      await fetch(api + "/login", { method: "POST", headers, body, credentials: "include" });
    }`,
  loop: "for (;;);",
};

/** Where the form of a page stands, if not in the page itself. */
const PLACES: Readonly<Record<string, string>> = {
  shadow: "document.querySelector('div').attachShadow({ mode: 'open' })",
  closed: "document.querySelector('div').attachShadow({ mode: 'closed' })",
};

let pages: Pages;
let api: Pages;
beforeAll(async () => {
  pages = await serve(({ url }, response) => {
    const [, name = "", port = ""] = (url ?? "").split("?")[0]?.split("/") ?? [];
    if (name === "mute") return;
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (name === "frame") {
      response.end(
        `<!doctype html><script>alert("Welcome")</script><iframe src="/careful/${port}"></iframe>`,
      );
      return;
    }
    response.end(`<!doctype html><title>A page</title><link rel="icon" href="data:,">
      <div></div>
      <script type="module">
        const api = "https://api.jazzmeet.site:${port}";
        const headers = { "content-type": "application/json" };
        // As frameworks do: the form is there after a while, and what is typed is known by its events.
        setTimeout(() => {
          const place = ${PLACES[name] ?? "document.querySelector('div')"};
          place.innerHTML =
            '<form><input type="search"><input name="user"><input type="password"><button>Sign in</button></form>';
          const typed = {};
          const [, email, password] = place.querySelectorAll("input");
          email.oninput = () => { typed.email = email.value; };
          password.oninput = () => { typed.password = password.value; };
          place.querySelector("form").onsubmit = async (event) => {
            event.preventDefault();
            if (typed.email !== "ada@example.org" || typed.password !== "hunter2") return;
            const body = JSON.stringify(typed);
            ${CALLS[name === "shadow" || name === "closed" ? "careful" : name] ?? ""}
          };
        }, 2000);
      </script>`);
  });
  api = await serve((request, response) => {
    response.setHeader("access-control-allow-origin", request.headers.origin ?? "null");
    response.setHeader("access-control-allow-credentials", "true");
    response.setHeader("access-control-allow-headers", "content-type");
    response.setHeader("vary", "Origin");
    response.setHeader("set-cookie", "sid=x; Path=/; HttpOnly; Secure; SameSite=Lax");
    response.writeHead(request.method === "OPTIONS" ? 204 : 200).end();
  });
});
afterAll(() => {
  pages?.stop();
  api?.stop();
});

/** The arguments for a page: the name of its calls and a fragment, or an address. */
function argumentsFor(page: string): string[] {
  const origin = api.at("api.jazzmeet.site");
  const { port } = new URL(origin);
  return [
    ...["doctor", "--api", origin, "--connect", `127.0.0.1:${port}`],
    ...["--ca", inject("tls").authority, "--path", "/login", "--next", "/me"],
    ...["--body", '{"email":"ada@example.org","password":"hunter2"}'],
    ...["--frontend", pages.at(PAGE)],
    ...[
      "--page",
      page.includes(":") ? page : `${pages.at(PAGE)}/${page.replace("#", `/${port}#`)}`,
    ],
  ];
}

/** What the doctor says of a page. */
async function look(
  page: string,
  ...more: string[]
): Promise<{ code: number | null; codes: string[]; stdout: string; stderr: string }> {
  const args = [...argumentsFor(page), ...more];
  const env = { PATH: process.env["PATH"] ?? "", HOME: tmpdir() };
  return new Promise((done) => {
    const child = execFile(BINARY, args, { cwd: tmpdir(), env }, (_, stdout, stderr) => {
      const codes =
        more.includes("--json") && stdout ? JSON.parse(stdout).frontends[0].findings : [];
      done({
        code: child.exitCode,
        codes: codes.map(({ code }: { code: string }) => code),
        stdout,
        stderr,
      });
    });
  });
}

test.concurrent.each([
  ["careful#", []],
  ["careless#", ["credentials_left_out"]],
  ["careless-later#", ["credentials_left_out"]],
  ["xhr#", []],
  ["xhr#without", ["credentials_left_out"]],
  ["silent#", ["page_unseen"]],
  ["dialogs#", []],
  ["shadow#", []],
  ["frame#", []],
] as const)("%s", { timeout: 60_000 }, async (page, expected) => {
  const { code, codes, stderr } = await look(page, "--json", "--timeout", "6s");
  expect(stderr).toBe("");
  expect(codes).toEqual(expected);
  expect(code).toBe(codes.includes("credentials_left_out") ? 1 : 0);
});

test("what is said of it", { timeout: 60_000 }, async () => {
  const careful = await look("careful#");
  expect(careful.stdout.replaceAll(/\s+/g, " ")).toContain(
    "The browser saw what the page calls: POST",
  );
  const careless = await look("careless#");
  expect(careless.stdout).toContain('"same-origin"');
  expect(careless.stdout + careful.stdout).not.toContain("hunter2");
  const closed = await look("https://admin.jazzmeet.site:1/");
  expect(closed.stderr).toContain("the browser cannot open https://admin.jazzmeet.site:1/");
});

test.each([
  ["loop#", "hangs: its scripts did not return within 4 s"],
  ["mute#", "did not answer within 4 s; check --page"],
] as const)("%s is told, in the time that was given", { timeout: 60_000 }, async (page, said) => {
  const begun = Date.now();
  const { code, stdout, stderr } = await look(page, "--timeout", "4s");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(said);
  expect(Date.now() - begun).toBeLessThan(20_000);
});

test("where a form may be that is not found", { timeout: 60_000 }, async () => {
  const { stdout } = await look("closed#", "--timeout", "4s");
  expect(stdout.replaceAll(/\s+/g, " ")).toContain("no form with a password, unless in a frame");
});

// The profile holds the session of the sign-in.
test("however the doctor ends, no profile is left", { timeout: 60_000 }, async () => {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGKILL"] as const;
  const folder = mkdtempSync(join(tmpdir(), "bifrons-page-"));
  await Promise.all(signals.map((signal) => endBy(signal, mkdtempSync(join(folder, "t")))));
  rmSync(folder, { recursive: true, force: true });
});

async function endBy(signal: NodeJS.Signals, folder: string): Promise<void> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: tmpdir(), TMPDIR: folder };
  const args = [...argumentsFor("silent#"), "--timeout", "50s"];
  const child = spawn(BINARY, args, { env, stdio: "ignore" });
  const ended = new Promise((done) => child.once("exit", done));
  const profiles = (): string[] =>
    readdirSync(folder).filter((name) => name.startsWith("bifrons-doctor-"));
  const holdsCookies = (): boolean =>
    profiles().some((name) => existsSync(join(folder, name, "Default", "Cookies")));
  await expect.poll(holdsCookies, { timeout: 30_000 }).toBe(true);
  const [profile = ""] = profiles();
  expect(profile).not.toContain(String(child.pid));
  expect(statSync(join(folder, profile)).mode & 0o777).toBe(0o700);
  child.kill(signal);
  await ended;
  // The doctor itself removes it, unless it has no time left: then what it started does.
  if (signal !== "SIGKILL") expect(profiles(), signal).toEqual([]);
  else await expect.poll(profiles, { timeout: 20_000 }).toEqual([]);
}
