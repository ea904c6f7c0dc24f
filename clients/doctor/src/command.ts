#!/usr/bin/env node
import { appendFileSync, writeFileSync } from "node:fs";
import { check } from "./check.js";
import { HELP, read } from "./options.js";
import { annotation, junit, markdown, outputs, table } from "./report.js";

async function main(): Promise<number> {
  const options = read(process.argv.slice(2), process.env);
  if (options === undefined) {
    console.log(HELP);
    return 0;
  }
  const verdict = await check(options.plan);
  if (options.junit !== undefined) writeFileSync(options.junit, junit(verdict));
  append("GITHUB_STEP_SUMMARY", markdown(verdict));
  append("GITHUB_OUTPUT", outputs(verdict));
  process.stdout.write(options.json ? `${JSON.stringify(verdict, null, 2)}\n` : table(verdict));
  if (verdict.change !== null) complain(verdict.change);
  return verdict.works ? 0 : 1;
}

/** Writes to a file that GitHub's runner names, if it runs there. */
function append(variable: string, text: string): void {
  const file = process.env[variable];
  if (file) appendFileSync(file, text);
}

/** Where GitHub's runner reads: standard error too, which keeps JSON apart. */
function complain(message: string): void {
  if (process.env["GITHUB_ACTIONS"] === "true") process.stderr.write(annotation(message));
}

try {
  process.exitCode = await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`bifrons-doctor: ${message}`);
  complain(message);
  process.exitCode = 2;
}
