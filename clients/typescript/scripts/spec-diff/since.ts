import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Change } from "../../../openapi/src/diff/change.js";
import { compare } from "../../../openapi/src/diff/compare.js";
import { ADMIN, PUBLIC } from "../generate/apis.js";
import { released } from "./released.js";

/** What has changed in all documents of a repository since the last release. */
export async function sinceRelease(root: string): Promise<{ name: string; changes: Change[] }> {
  const { name, document } = await released(root);
  const changes: Change[] = [];
  for (const { name: file } of [PUBLIC, ADMIN]) {
    const now = JSON.parse(await readFile(join(root, file), "utf8"));
    changes.push(...compare(await document(file), now));
  }
  return { name, changes };
}
