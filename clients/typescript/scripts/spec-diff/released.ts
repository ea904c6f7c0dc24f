import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Document } from "../../../openapi/src/document.js";

const run = promisify(execFile);

/** The version that was released last. */
export interface Released {
  /** What to call it. */
  readonly name: string;
  /** One of its documents; one without operations if it did not have that one yet. */
  document(file: string): Promise<Document>;
}

export async function released(folder: string): Promise<Released> {
  const git = async (...args: string[]): Promise<string> =>
    (await run("git", args, { cwd: folder, maxBuffer: 2 ** 26 })).stdout;
  const tags = await git("tag", "--list", "client-v*", "--merged", "HEAD", "--sort=-v:refname");
  // Before the first release: what was committed last.
  const name = tags.split("\n")[0] || "HEAD";
  return {
    name,
    document: async (file) => {
      const found = await git("ls-tree", "--name-only", name, file);
      return found ? JSON.parse(await git("show", `${name}:./${file}`)) : { paths: {} };
    },
  };
}
