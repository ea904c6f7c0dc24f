import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { run as startTestbed } from "../process.js";
import { Desk } from "./desk.js";
import { Director } from "./director.js";
import { operationsOf } from "./document.js";
import { HELP, type Options, read } from "./options.js";
import { ChaosProxy } from "./proxy.js";
import { type Accepted, findingsOf, junit, type Row, rowsOf, sarif, text } from "./report.js";
import type { Target } from "./target.js";

/** Runs `chaos` with its arguments, and gives the exit status. */
export async function chaos(args: readonly string[]): Promise<number> {
  const options = read(args);
  if (options === undefined) {
    console.log(HELP);
    return 0;
  }
  const budget = await budgetOf(options);
  const started = options.api === undefined ? await startTestbed({}) : undefined;
  try {
    const target: Target = started
      ? {
          url: started.ready.url,
          control: { url: started.ready.control, token: started.ready.token },
        }
      : { url: new URL(options.api ?? "").origin };
    const rows = await rowsOfRun(options, target);
    return await report(options, budget, rows);
  } finally {
    await started?.stop();
  }
}

async function rowsOfRun(options: Options, target: Target): Promise<readonly Row[]> {
  const operations = operationsOf(await documentOf(options, target), options.code);
  const unknown = options.only.filter((name) => !operations.some(({ id }) => id === name));
  if (unknown.length > 0) throw new Error(`The document has no operation ${unknown.join(", ")}`);
  const director = new Director(options, ({ operation, failure, verdicts }, left) => {
    console.error(`${operation.id}, ${failure.name}: ${verdicts.join(", ")} (${left} left)`);
  });
  const proxy = new ChaosProxy(target, director, operations);
  const desk = new Desk(director, proxy);
  await proxy.listen();
  await desk.listen();
  const { control } = target;
  const env = {
    BIFRONS_URL: proxy.url + (options.api ?? "").replace(/^[a-z]+:\/\/[^/]*/i, ""),
    CHAOS_DESK: desk.url,
    ...(control && { BIFRONS_CONTROL: control.url, BIFRONS_CONTROL_TOKEN: control.token }),
  };
  try {
    await untouched(options, director, env);
    const { copies, cases } = director.plan(operations, proxy.target.control !== undefined);
    if (cases === 0) throw new Error("No page of the suite uses an operation of the document");
    console.error(`Cases: ${cases}`);
    const { output } = await suite(options.command, { ...env, CHAOS_COPIES: String(copies) });
    const missing = cases - director.results.length;
    if (missing > 0)
      throw new Error(`The suite ended before all cases ran; missing: ${missing}\n${output}`);
    return rowsOf(director.results);
  } finally {
    proxy.close();
    desk.close();
  }
}

/** Runs the suite while nothing fails. */
async function untouched(options: Options, director: Director, env: Env): Promise<void> {
  const { status, output } = await suite(options.command, env);
  if (status !== 0) throw new Error(`The suite fails without any failure:\n${output}`);
  if (director.tests.size === 0) {
    throw new Error(
      "No test took part: take test from @bifrons/testbed/playwright, or write observed(test) from @bifrons/testbed/chaos",
    );
  }
  console.error(`Tests that ran untouched: ${director.tests.size}`);
}

type Env = Readonly<Record<string, string>>;

/** Runs the suite with one worker, so that the proxy knows which test a request is of. */
async function suite(
  command: readonly string[],
  env: Env,
): Promise<{ status: number; output: string }> {
  const own = command[0] === "npx" ? command.slice(1) : command;
  const args = [...own, "--workers=1", "--retries=0", "--reporter=line"];
  const child = spawn("npx", args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const status = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  return { status, output };
}

async function documentOf({ spec, api }: Options, { url }: Target): Promise<unknown> {
  if (spec !== undefined && !/^https?:/.test(spec)) return JSON.parse(await readFile(spec, "utf8"));
  return (await fetch(spec ?? `${api ?? url}/openapi.json`)).json();
}

/** What is accepted. A file that cannot be read is told before the suite runs. */
async function budgetOf({ budget }: Options): Promise<readonly Accepted[]> {
  if (budget === undefined) return [];
  const list: unknown = JSON.parse(await readFile(budget, "utf8"));
  if (!Array.isArray(list)) throw new Error(`${budget} is not a JSON list`);
  return list as Accepted[];
}

async function report(
  options: Options,
  budget: readonly Accepted[],
  rows: readonly Row[],
): Promise<number> {
  const findings = findingsOf(rows, budget);
  if (options.junit !== undefined) await writeFile(options.junit, junit(rows, findings));
  if (options.sarif !== undefined) await writeFile(options.sarif, sarif(findings));
  console.log(options.json ? JSON.stringify(rows, null, 2) : text(rows, findings));
  return findings.length === 0 ? 0 : 1;
}
