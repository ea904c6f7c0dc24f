#!/usr/bin/env node
import { spawn } from "node:child_process";
import { findBinary } from "./binary.js";
import { chaos } from "./chaos/run.js";

/** Becomes the program: passes signals on, and ends as it does. */
function run(binary: string): void {
  const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
  const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("error", fail);
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

function fail(error: unknown): void {
  console.error(`bifrons-testbed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(2);
}

try {
  const [first, ...rest] = process.argv.slice(2);
  if (first === "chaos") process.exitCode = await chaos(rest);
  else run(findBinary());
} catch (error) {
  fail(error);
}
