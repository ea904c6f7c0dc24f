import type { OperationId, ProblemOf } from "@bifrons/client";

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
  } catch {
    // It rejects only when there was no answer.
    return { message: "The service cannot be reached. Check your connection and try again." };
  }
}

function explain(problem: ProblemOf<OperationId>, response: Response): Failure {
  switch (problem.code) {
    case "validation_failed": {
      const errors = problem.errors ?? [];
      return { fields: Object.fromEntries(errors.map(({ field, detail }) => [field, detail])) };
    }
    case "email_taken":
      return { fields: { email: "There is an account with this address. Sign in instead." } };
    case "wrong_password": {
      const text = "This is not your password.";
      return { fields: { current_password: text, password: text } };
    }
    case "invalid_one_time_token":
      return { message: "This link was used, or is too old. Sign up again." };
    case "invalid_credentials":
      return { message: "The email or the password is wrong." };
    case "rate_limited":
      return { message: `Too many attempts. Try again ${waiting(response)}.` };
    case "overloaded":
    case "unavailable":
      return { message: `The service is busy. Try again ${waiting(response)}.` };
    default:
      // What the others mean does not matter to a person, nor do codes that came after this client.
      return { message: `${problem.title}.` };
  }
}

/** How long the service wants to be left alone. */
function waiting(response: Response): string {
  const seconds = Number(response.headers.get("retry-after"));
  if (!seconds) return "in a moment";
  const format = new Intl.RelativeTimeFormat("en");
  return seconds < 90
    ? format.format(seconds, "second")
    : format.format(Math.ceil(seconds / 60), "minute");
}
