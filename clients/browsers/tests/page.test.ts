// `--page`: the doctor opens the page of a frontend in Chromium, signs in there, and sees whether its code
// asks for credentials. Everything else about this API is right.

import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
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
};

let pages: Pages;
let api: Pages;
beforeAll(async () => {
  pages = await serve(({ url }, response) => {
    const [, name = "", port = ""] = (url ?? "").split("?")[0]?.split("/") ?? [];
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><title>A page</title><link rel="icon" href="data:,">
      <div></div>
      <script type="module">
        const api = "https://api.jazzmeet.site:${port}";
        const headers = { "content-type": "application/json" };
        // As frameworks do: the form is there after a while, and what is typed is known by its events.
        setTimeout(() => {
          document.querySelector("div").innerHTML =
            '<form><input type="search"><input name="user"><input type="password"><button>Sign in</button></form>';
          const typed = {};
          const [, email, password] = document.querySelectorAll("input");
          email.oninput = () => { typed.email = email.value; };
          password.oninput = () => { typed.password = password.value; };
          document.querySelector("form").onsubmit = async (event) => {
            event.preventDefault();
            if (typed.email !== "ada@example.org" || typed.password !== "hunter2") return;
            const body = JSON.stringify(typed);
            ${CALLS[name] ?? ""}
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

/** What the doctor says of a page: the name of its calls and a fragment, or an address. */
async function look(
  page: string,
  ...more: string[]
): Promise<{ code: number | null; codes: string[]; stdout: string; stderr: string }> {
  const origin = api.at("api.jazzmeet.site");
  const { port } = new URL(origin);
  const args = [
    ...[
      "doctor",
      "--api",
      origin,
      "--connect",
      `127.0.0.1:${port}`,
      "--ca",
      inject("tls").authority,
    ],
    ...[
      "--path",
      "/login",
      "--next",
      "/me",
      "--body",
      '{"email":"ada@example.org","password":"hunter2"}',
    ],
    ...[
      "--frontend",
      pages.at(PAGE),
      "--page",
      page.includes(":") ? page : `${pages.at(PAGE)}/${page.replace("#", `/${port}#`)}`,
    ],
    ...more,
  ];
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

test.each([
  ["careful#", []],
  ["careless#", ["credentials_left_out"]],
  ["careless-later#", ["credentials_left_out"]],
  ["xhr#", []],
  ["xhr#without", ["credentials_left_out"]],
  ["silent#", ["page_unseen"]],
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
