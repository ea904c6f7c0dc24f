import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Document } from "./document.js";

/** Why a document cannot be read. */
export class Unreadable extends Error {}

/** Which of the two documents. */
export type Name = "openapi.json" | "openapi-admin.json";

/**
 * Reads a document: a file; the URL of a service's document; the version of this package, whose documents it carries; or a
 * commit, branch or tag of the git repository in the current folder.
 */
export async function documentOf(source: string, name: Name): Promise<Document> {
  const text = await textOf(source, name);
  let document: Partial<Document>;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Unreadable(`${source} is not JSON`);
  }
  if (typeof document.paths !== "object") throw new Unreadable(`${source} is no OpenAPI document`);
  return document as Document;
}

async function textOf(source: string, name: Name): Promise<string> {
  if (/^https?:\/\//.test(source)) return fetched(source);
  if (isFile(source)) return readFileSync(source, "utf8");
  if (source === version()) return readFileSync(carried(name), "utf8");
  try {
    // Names of a path after the colon begin at the root of the repository.
    return execFileSync("git", ["show", `${source}:${name}`], {
      encoding: "utf8",
      maxBuffer: 2 ** 26,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch {
    throw new Unreadable(
      `"${source}" is no file, no URL, not the version ${version()} of this package, and no commit with ${name}`,
    );
  }
}

const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

async function fetched(url: string): Promise<string> {
  const answer = await fetch(url).catch((error: Error) => {
    throw new Unreadable(`${url} cannot be reached: ${String(error.cause ?? error)}`);
  });
  if (!answer.ok) throw new Unreadable(`${url} answers ${answer.status}`);
  return answer.text();
}

const own = (path: string): string => resolve(import.meta.dirname, "..", path);

const carried = (name: Name): string => own(`generated/${name}`);

/** The version of this package, and of the documents that it carries. */
export const version = (): string => JSON.parse(readFileSync(own("package.json"), "utf8")).version;
