import type { OperationId, ProblemOf } from "@bifrons/client";
import { language, words } from "./words/index.js";

/** Why a call did nothing, in words for the person who made it. */
export interface Failure {
  /** About the call as a whole. */
  readonly message?: string | undefined;
  /** About single fields, by their names. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** What a method of the client resolves to, as far as failures go. */
export interface Answer {
  readonly problem?: ProblemOf<OperationId> | undefined;
  readonly response: Response;
}

/** Makes a call, and says how it failed, if it did. */
export async function failureOf(call: () => Promise<Answer>): Promise<Failure | undefined> {
  try {
    const { problem, response } = await call();
    return problem && explain(problem, response);
  } catch (error) {
    // The browser's answer for a passkey. It rejects otherwise only when there was no answer.
    const isPasskey = error instanceof DOMException && error.name !== "TimeoutError";
    if (!isPasskey) return { message: words.unreachable };
    return {
      message: error.name === "InvalidStateError" ? words.passkeyExists : words.passkeyDeclined,
    };
  }
}

function explain(problem: ProblemOf<OperationId>, response: Response): Failure {
  switch (problem.code) {
    case "validation_failed": {
      const errors = problem.errors ?? [];
      return {
        fields: Object.fromEntries(
          errors.map(({ field, rule, min, max, detail }) => [
            field,
            words.rules[rule]?.(String(min ?? max)) ?? detail,
          ]),
        ),
      };
    }
    case "email_taken":
      return { fields: { email: words.emailTaken } };
    case "wrong_password":
      return { fields: { current_password: words.wrongPassword, password: words.wrongPassword } };
    case "wrong_code":
      return { fields: { code: words.wrongCode, totp: words.wrongCode } };
    case "second_factor_required":
      return { fields: { totp: words.codeNeeded } };
    case "invalid_challenge":
      return { message: words.signInAgain };
    case "invalid_credentials":
      return { message: words.wrongCredentials };
    case "rate_limited":
      return { message: words.tooMany(waiting(response)) };
    case "overloaded":
    case "unavailable":
      return { message: words.busy(waiting(response)) };
    default:
      // What the others mean does not matter to a person, nor do codes that came after this client.
      return { message: words.failed(problem.title) };
  }
}

/** How long the service wants to be left alone. */
function waiting(response: Response): string {
  const seconds = Number(response.headers.get("retry-after"));
  if (!seconds) return words.soon;
  const format = new Intl.RelativeTimeFormat(language);
  return seconds < 90
    ? format.format(seconds, "second")
    : format.format(Math.ceil(seconds / 60), "minute");
}
