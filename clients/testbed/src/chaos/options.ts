import { parseArgs } from "node:util";
import type { Limits } from "./director.js";

/** What `chaos` was asked for. */
export interface Options extends Limits {
  readonly command: readonly string[];
  readonly api: string | undefined;
  readonly spec: string | undefined;
  readonly code: string | undefined;
  readonly junit: string | undefined;
  readonly sarif: string | undefined;
  readonly budget: string | undefined;
  readonly json: boolean;
}

export const HELP = `bifrons-testbed chaos [OPTIONS] -- playwright test [ARGUMENTS]

Runs a suite of Playwright untouched, notes which operations of the API its pages use, and repeats
one test for each operation and documented failure. Prints what became of the page.

  --api URL           the API; without it, a testbed that runs as long as the suite
  --spec FILE|URL     its OpenAPI document in JSON; without it, /openapi.json of the API
  --code PATH         the member of error bodies that tells errors apart, such as error.type
  --only OPERATION    only this operation; may be repeated
  --most N            at most N cases
  --window MS         how long a page is watched after a failure; 1000
  --signed-out CSS    what a page shows a signed-out user; a form with a user name and a password
  --budget FILE       accepted results: a JSON list of {operation, failure, verdict}
  --junit FILE        writes the report for JUnit
  --sarif FILE        writes the report in SARIF 2.1.0
  --json              prints the report as JSON

Exit status: 0, 1 if a verdict is neither "handled" nor in the budget, 2 if the run was impossible.`;

/** The form of a sign-in: a user name or an address, and a password. */
const SIGNED_OUT =
  ':is(form, fieldset):has(input:is([autocomplete~="username"], [type="email"]):not([hidden], [autocomplete="email"])):has(input[type="password"])';

const STRING = { type: "string" } as const;

/** Reads the arguments. `undefined`: help is wanted. */
export function read(args: readonly string[]): Options | undefined {
  const end = args.indexOf("--");
  const { values } = parseArgs({
    args: [...(end < 0 ? args : args.slice(0, end))],
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "boolean" },
      only: { type: "string", multiple: true },
      api: STRING,
      spec: STRING,
      code: STRING,
      most: STRING,
      window: STRING,
      "signed-out": STRING,
      budget: STRING,
      junit: STRING,
      sarif: STRING,
    },
  });
  if (values.help) return undefined;
  const command = end < 0 ? [] : args.slice(end + 1);
  if (command.length === 0) throw new Error("Name the command of the suite after --");
  return {
    command,
    api: values.api?.replace(/\/$/, ""),
    spec: values.spec,
    code: values.code,
    only: values.only ?? [],
    most: number(values.most, "--most") ?? Number.POSITIVE_INFINITY,
    windowMs: number(values.window, "--window") ?? 1000,
    signedOut: values["signed-out"] ?? SIGNED_OUT,
    budget: values.budget,
    junit: values.junit,
    sarif: values.sarif,
    json: values.json ?? false,
  };
}

function number(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`${name} is a number from 1, not ${text}`);
  return Number(text);
}
