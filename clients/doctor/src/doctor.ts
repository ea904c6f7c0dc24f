import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plan } from "./plan.js";
import { Unusable } from "./unusable.js";

/** What `bifrons doctor --json` says, as far as it is needed here. */
export interface Report {
  readonly judgement: "works" | "limited" | "unknown" | "fails";
  readonly frontends: readonly Frontend[];
  readonly remedies: Readonly<Record<string, Remedy>>;
}

export interface Frontend {
  readonly cookies: readonly { readonly family: string; readonly why: string | null }[];
  readonly findings: readonly Finding[];
}

export interface Finding {
  readonly code: string;
  readonly warning: boolean;
  readonly sentence: string;
  readonly evidence: string;
  readonly families: readonly string[];
  readonly follows: string | null;
  readonly remedy: string;
}

export interface Remedy {
  readonly what: string;
  readonly how: Readonly<Record<string, { readonly at: string; readonly code: string }>>;
}

/** The command of Bifrons: `BIFRONS_BIN`, that of the package beside this one, or that on the path. */
function command(): readonly [string, ...string[]] {
  const named = process.env["BIFRONS_BIN"];
  if (named !== undefined && named !== "") return [named];
  try {
    const server = createRequire(import.meta.url).resolve("@bifrons/server/package.json");
    return [process.execPath, join(dirname(server), "bifrons.js")];
  } catch {
    return ["bifrons"];
  }
}

/** Runs the doctor. The body of the sign-in goes through a pipe, which no other user can read. */
export async function askDoctor(plan: Plan, body: string): Promise<Report> {
  const [program, ...first] = command();
  const args = [
    ...first,
    ...["doctor", "--json", "--api", plan.api, "--frontend", new URL(plan.preview).origin],
    ...["--path", plan.path, "--next", plan.next, "--body", "-"],
    ...["--timeout", `${Math.ceil(plan.timeoutMs / 1000)}s`],
    ...(plan.ca === undefined ? [] : ["--ca", plan.ca]),
    ...(plan.connect === undefined ? [] : ["--connect", `${plan.connect}:${portOf(plan.api)}`]),
  ];
  const { stdout, stderr } = await run(program, args, body);
  if (stdout.trim() === "") {
    throw new Unusable(
      stderr.trim().replace(/^(error|bifrons): /i, "") || "The doctor said nothing.",
    );
  }
  return JSON.parse(stdout) as Report;
}

function portOf(url: string): string {
  const { port, protocol } = new URL(url);
  return port || (protocol === "https:" ? "443" : "80");
}

function run(
  program: string,
  args: readonly string[],
  input: string,
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: "pipe" });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.stderr += text;
    });
    child.on("error", ({ message }) => {
      const remedy = "install @bifrons/server, or name the program with BIFRONS_BIN";
      fail(new Unusable(`bifrons doctor does not start (${message}): ${remedy}.`));
    });
    child.on("close", () => done(said));
    // It may end before it has read its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
