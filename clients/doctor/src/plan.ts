import { randomBytes } from "node:crypto";
import { Unusable } from "./unusable.js";

/** What to check. */
export interface Plan {
  /** The URL of a page of the frontend. */
  readonly preview: string;
  /** Where that page calls the API, without a slash at the end. */
  readonly api: string;
  /** The paths of the sign-in and of a call that needs the session, below the API's URL. */
  readonly path: string;
  readonly next: string;
  readonly user: User;
  /** The path at which the user is signed up first, and removed afterwards. */
  readonly signUp: string | undefined;
  /** A file in PEM with authorities to trust as well. */
  readonly ca: string | undefined;
  /** The address at which every host is found. */
  readonly connect: string | undefined;
  readonly timeoutMs: number;
}

/** Whose sign-in it is. */
export interface User {
  /** What the sign-in sends: it holds the password. */
  readonly body: string;
}

/** The variables that hold the credentials. */
export const VARIABLES = ["DOCTOR_EMAIL", "DOCTOR_PASSWORD", "DOCTOR_BODY"] as const;

/** The user whose credentials are in the environment, or who is to be signed up. */
export function userFrom(environment: NodeJS.ProcessEnv, signsUp: boolean): User {
  const [email, password, body] = VARIABLES.map((name) => environment[name] || undefined);
  if (signsUp) {
    const id = randomBytes(9).toString("hex");
    const made = {
      email: email ?? `doctor-${id}@example.com`,
      password: password ?? randomBytes(24).toString("base64url"),
    };
    return { body: JSON.stringify(made) };
  }
  if (body !== undefined) {
    if (!isJson(body)) throw new Unusable("DOCTOR_BODY is not JSON.");
    return { body };
  }
  if (email === undefined || password === undefined) {
    throw new Unusable(
      "There is no user to sign in: set DOCTOR_EMAIL and DOCTOR_PASSWORD (or DOCTOR_BODY, the JSON of the sign-in), or give --sign-up.",
    );
  }
  return { body: JSON.stringify({ email, password }) };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
