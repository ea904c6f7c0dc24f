import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "./run.js";

/** Debian 12 as a fresh machine has it, in a folder. */
export async function debian(): Promise<string> {
  const system = join(ROOT, "target/debian");
  if (!existsSync(system)) {
    const include = "--include=adduser,ca-certificates";
    // Half a system is none.
    rmSync(`${system}.part`, { recursive: true, force: true });
    await run("debootstrap", ["--variant=minbase", include, "bookworm", `${system}.part`]);
    renameSync(`${system}.part`, system);
  }
  return system;
}
