import { parseArgs } from "node:util";
import { type Change, isBreak } from "./diff/change.js";
import { compare } from "./diff/compare.js";
import { type Located, Malformed, operationsOf } from "./document.js";
import { documentOf, Unreadable, version } from "./source.js";
import { Unanswerable } from "./usage/compiler.js";
import { type Usage, usageIn } from "./usage/usage.js";

const HELP = `bifrons-openapi diff A B [options]

Names what breaks for callers of the Bifrons API from document A to document B.

A and B are each
  a file                  old/openapi.json
  a URL                   https://auth.example.org/openapi.json
  ${version().padEnd(24)}the documents that this package carries
  a commit, branch, tag   of the git repository in the current folder

Options
  --used-by FOLDER  only what breaks for the operations that the code in FOLDER
                    calls with @bifrons/client. Needs the package typescript
  --admin           compares openapi-admin.json of a commit or of this package
  --all             lists what breaks nothing too
  --json            prints JSON
  --help            prints this text

breaking    code written for A stops working
unhandled   the service may answer with a problem, status or value that code
            written for A has no branch for
additive    breaks nothing

Exit status: 0 nothing breaks, 1 something is breaking or unhandled, 2 the
question cannot be answered.
`;

const OPTIONS = {
  "used-by": { type: "string" },
  admin: { type: "boolean", default: false },
  all: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** A change, and where the code base uses its operation. */
type Finding = Change & { readonly used_at?: readonly string[] };

/** Where the command writes. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Runs the command, and gives its exit status. */
export async function main(args: readonly string[], output: Output): Promise<number> {
  try {
    return await run(args, output);
  } catch (error) {
    if (!isExpected(error)) throw error;
    output.err(`bifrons-openapi: ${error.message}\n`);
    return 2;
  }
}

async function run(args: readonly string[], { out, err }: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) {
    out(HELP);
    return 0;
  }
  const [command, a, b, ...more] = positionals;
  if (command !== "diff" || a === undefined || b === undefined || more.length > 0) {
    err(HELP);
    return 2;
  }
  const name = values.admin ? "openapi-admin.json" : "openapi.json";
  const [before, after] = [await documentOf(a, name), await documentOf(b, name)];
  const folder = values["used-by"];
  const usage = folder === undefined ? undefined : usageIn(folder, ids(operationsOf(before)));
  const findings = compare(before, after)
    .filter((change) => values.all || isBreak(change))
    .filter(({ operation }) => usage === undefined || usage.has(operation))
    .map((change): Finding => {
      const used_at = usage?.get(change.operation);
      return used_at ? { ...change, used_at } : change;
    });
  out(values.json ? json(findings, usage) : text(findings, usage));
  return findings.some(isBreak) ? 1 : 0;
}

const ids = (operations: readonly Located[]): ReadonlySet<string> =>
  new Set(operations.map(({ id }) => id));

function json(changes: readonly Finding[], usage: Usage | undefined): string {
  const used = usage ? { used: Object.fromEntries(usage) } : {};
  return `${JSON.stringify({ breaks: changes.some(isBreak), changes, ...used }, null, 2)}\n`;
}

function text(changes: readonly Finding[], usage: Usage | undefined): string {
  const lines = changes.flatMap(({ kind, what, used_at = [] }) => [
    `${kind.padEnd(10)}  ${what}`,
    ...used_at.map((place) => `${" ".repeat(12)}used at ${place}`),
  ]);
  const scope = usage ? `the ${usage.size} operations that the code uses` : undefined;
  const breaks = changes.filter(isBreak).length;
  const sum =
    breaks === 0
      ? `Nothing breaks${scope ? ` for ${scope}` : ""}.`
      : `Changes that break callers: ${breaks}${scope ? `, of ${scope}` : ""}.`;
  return `${[...lines, sum].join("\n")}\n`;
}

/** Mistakes of the caller, and no others, are told without a stack. */
const isExpected = (error: unknown): error is Error =>
  error instanceof Unreadable ||
  error instanceof Malformed ||
  error instanceof Unanswerable ||
  String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
