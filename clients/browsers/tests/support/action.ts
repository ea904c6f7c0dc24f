// Runs the action of ../doctor as GitHub's runner does: each step in bash, with the files of the runner.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";

export const DOCTOR: string = resolve("../doctor");

interface Step {
  readonly name: string;
  readonly if?: string;
  readonly shell: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run: string;
}

interface Action {
  readonly inputs: Readonly<
    Record<string, { readonly default?: string; readonly required?: true }>
  >;
  readonly runs: { readonly steps: readonly Step[] };
}

export const ACTION: Action = parse(readFileSync(join(DOCTOR, "action.yml"), "utf8")) as Action;

/** What became of a job. */
export interface Job {
  readonly status: number;
  /** All that its steps printed. */
  readonly log: string;
  readonly summary: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface Run {
  readonly with: Readonly<Record<string, string>>;
  /** A folder for the files of the runner. */
  readonly folder: string;
  /** The folder of the action. */
  readonly action: string;
  /** Steps that are left out. */
  readonly without?: readonly string[];
}

/** Runs every step whose condition holds, until one fails. */
export async function runAction({ with: given, folder, action, without = [] }: Run): Promise<Job> {
  const inputs = Object.fromEntries(
    Object.entries(ACTION.inputs).map(([name, { default: value = "" }]) => [name, value]),
  );
  Object.assign(inputs, given);
  const file = (name: string): string => join(folder, name);
  mkdirSync(file("temp"), { recursive: true });
  for (const name of ["env", "output", "summary"]) writeFileSync(file(name), "");
  const fill = (text: string): string =>
    text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => inputs[name] ?? "");
  let log = "";
  let status = 0;
  for (const step of ACTION.runs.steps) {
    if (status !== 0 || without.includes(step.name) || !holds(step.if, inputs)) continue;
    const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, fill(value)]);
    const env = {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      GITHUB_ACTIONS: "true",
      GITHUB_ACTION_PATH: action,
      GITHUB_ENV: file("env"),
      GITHUB_OUTPUT: file("output"),
      GITHUB_STEP_SUMMARY: file("summary"),
      RUNNER_TEMP: file("temp"),
      ...pairs(file("env")),
      ...Object.fromEntries(own),
    };
    const ended = await bash(step.run, folder, env);
    log += ended.log;
    status = ended.status;
  }
  const summary = readFileSync(file("summary"), "utf8");
  return { status, log, summary, outputs: pairs(file("output")) };
}

/** The only conditions that the action has. */
function holds(condition: string | undefined, inputs: Readonly<Record<string, string>>): boolean {
  const [, name = "", operator] = /^inputs\.(\w+) (==|!=) ''$/.exec(condition ?? "") ?? [];
  if (condition === undefined) return true;
  if (operator === undefined) throw new Error(`No test knows this condition: ${condition}`);
  return (inputs[name] === "") === (operator === "==");
}

function pairs(file: string): Record<string, string> {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2)));
}

function bash(
  script: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ status: number; log: string }> {
  const args = ["--noprofile", "--norc", "-eo", "pipefail", "-c", script];
  return new Promise((done, fail) => {
    const child = spawn("bash", args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
    }
    child.on("error", fail);
    child.on("close", (code) => done({ status: code ?? -1, log }));
  });
}
