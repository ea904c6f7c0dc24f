import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Document } from "../generate/document.js";

const run = promisify(execFile);

/** The document of the last version that was released, and what to call it. */
export async function released(folder: string): Promise<{ name: string; document: Document }> {
  const git = async (...args: string[]): Promise<string> =>
    (await run("git", args, { cwd: folder, maxBuffer: 2 ** 26 })).stdout;
  const tags = await git("tag", "--list", "client-v*", "--merged", "HEAD", "--sort=-v:refname");
  // Before the first release: what was committed last.
  const name = tags.split("\n")[0] || "HEAD";
  return { name, document: JSON.parse(await git("show", `${name}:./openapi.json`)) };
}
