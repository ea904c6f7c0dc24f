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

const git = async (folder: string, ...args: string[]): Promise<string> =>
  (await run("git", args, { cwd: folder, maxBuffer: 2 ** 26 })).stdout;

/** The tag of the last version that was released, if there is one. */
export async function lastTag(folder: string): Promise<string | undefined> {
  const order = ["--merged", "HEAD", "--sort=-v:refname"];
  const tags = await git(folder, "tag", "--list", "client-v*", ...order);
  return tags.split("\n")[0] || undefined;
}

export async function released(folder: string): Promise<Released> {
  // Before the first release: what was committed last.
  const name = (await lastTag(folder)) ?? "HEAD";
  return {
    name,
    document: async (file) => {
      const found = await git(folder, "ls-tree", "--name-only", name, file);
      return found ? JSON.parse(await git(folder, "show", `${name}:./${file}`)) : { paths: {} };
    },
  };
}
