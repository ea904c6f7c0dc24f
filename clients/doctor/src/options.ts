import { parseArgs } from "node:util";
import { type Plan, userFrom } from "./plan.js";
import { Unusable } from "./unusable.js";

/** What the command was asked for. */
export interface Options {
  readonly plan: Plan;
  readonly json: boolean;
  readonly junit: string | undefined;
}

export const HELP = `bifrons-doctor --preview URL --api URL [OPTIONS]

Signs in from a page of the preview in Chromium (third-party cookies allowed, and blocked) and in
Firefox, reloads the page, and says which browsers keep the session. For those that do not,
"bifrons doctor" finds the reason, and the one line to change.

  --preview URL      a page of the frontend
  --api URL          where that page calls the API
  --sign-up          sign up a new user first, and remove it afterwards
  --path PATH        the sign-in, by POST; /v1/session
  --next PATH        a GET that needs the session; /v1/session
  --sign-up-path P   the sign-up, by POST; /v1/users
  --ca FILE          an authority to trust as well, in PEM
  --connect ADDRESS  find every host at this address of IPv4
  --timeout SECONDS  for each answer and page; 30
  --json             print the verdict as JSON
  --junit FILE       write it for JUnit

The user's credentials come from the environment: DOCTOR_EMAIL and DOCTOR_PASSWORD, or DOCTOR_BODY,
the JSON that the sign-in sends. BIFRONS_BIN, CHROMIUM_BIN and FIREFOX_BIN name programs.

Exit status: 0 if every browser keeps the session, 1 if one does not, 2 if that cannot be known.`;

const STRING = { type: "string" } as const;
const FLAG = { type: "boolean" } as const;

/** Reads the arguments. `undefined`: help is wanted. */
export function read(args: readonly string[], environment: NodeJS.ProcessEnv): Options | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  const signsUp = values["sign-up"] ?? false;
  return {
    plan: {
      preview: url(values.preview, "--preview"),
      api: url(values.api, "--api").replace(/\/$/, ""),
      path: path(values.path ?? "/v1/session", "--path"),
      next: path(values.next ?? "/v1/session", "--next"),
      user: userFrom(environment, signsUp),
      signUp: signsUp ? path(values["sign-up-path"] ?? "/v1/users", "--sign-up-path") : undefined,
      ca: values.ca,
      connect: values.connect,
      timeoutMs: seconds(values.timeout ?? "30") * 1000,
    },
    json: values.json ?? false,
    junit: values.junit,
  };
}

const HINT = "bifrons-doctor --help lists the options.";

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", short: "h" },
        preview: STRING,
        api: STRING,
        "sign-up": FLAG,
        path: STRING,
        next: STRING,
        "sign-up-path": STRING,
        ca: STRING,
        connect: STRING,
        timeout: STRING,
        json: FLAG,
        junit: STRING,
      },
    });
  } catch (error) {
    throw new Unusable(`${(error as Error).message}. ${HINT}`);
  }
}

function url(text: string | undefined, name: string): string {
  if (text === undefined || text === "") throw new Unusable(`${name} is missing. ${HINT}`);
  const read = URL.canParse(text) ? new URL(text) : undefined;
  if (!read || !/^https?:$/.test(read.protocol) || read.username !== "" || read.password !== "") {
    throw new Unusable(`${name} is an http or https URL without a user.`);
  }
  return text;
}

function path(text: string, name: string): string {
  if (!/^\/[!-~]*$/.test(text)) throw new Unusable(`${name} is a path that begins with /.`);
  return text;
}

function seconds(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Unusable("--timeout is a number of seconds from 1.");
  return Number(text);
}
