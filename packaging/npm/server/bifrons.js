#!/usr/bin/env node
// Runs the binary for this machine, which a package of its own holds: npm installs the one that fits, and no script downloads anything.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

function findBinary() {
  const name = `@bifrons/server-${process.platform}-${process.arch}`;
  try {
    return require.resolve(`${name}/bifrons`);
  } catch {
    const { optionalDependencies } = require("./package.json");
    const remedy =
      name in optionalDependencies
        ? "install @bifrons/server again, without --omit=optional and --no-optional; if a lock file came from a machine of another platform, remove it first"
        : `Bifrons runs on ${Object.keys(optionalDependencies)
            .map((one) => one.replace("@bifrons/server-", ""))
            .join(" and ")}`;
    console.error(`bifrons: the package ${name} is not installed; ${remedy}`);
    process.exit(1);
  }
}

const child = spawn(findBinary(), process.argv.slice(2), { stdio: "inherit" });
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];
for (const signal of signals) process.on(signal, () => child.kill(signal));

// npx runs commands in a shell, which a signal ends without a word to them: the service would serve on, and nothing would stop it.
if (process.env.npm_command === "exec") {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    child.kill("SIGTERM");
  }, 200);
}

child.on("error", (error) => {
  console.error(`bifrons: ${error.message}`);
  process.exit(1);
});

child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  // Who started this process learns of the signal too.
  for (const one of signals) process.removeAllListeners(one);
  process.kill(process.pid, signal);
});
