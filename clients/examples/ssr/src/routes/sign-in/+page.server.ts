import type { ProblemOf } from "@bifrons/client";
import { fail, redirect } from "@sveltejs/kit";
import type { Actions } from "./$types";

export const actions: Actions = {
  signIn: async ({ request, locals: { client } }) => {
    const who = await read(request);
    const { data, problem } = await client.signIn(who);
    if (problem) return refuse(who, problem);
    // The challenge itself is in a cookie.
    if (data.status === "challenge") return { isChallenged: true };
    redirect(303, "/");
  },

  complete: async ({ request, locals: { client } }) => {
    const code = String((await request.formData()).get("code"));
    // A recovery code has letters.
    const factor = /^[\d\s]*$/.test(code) ? "totp" : "recovery_code";
    const { problem } = await client.completeSignIn({ factor, code });
    if (!problem) redirect(303, "/");
    if (problem.code === "wrong_code") {
      return fail(403, { isChallenged: true, message: "This code is wrong, or was used." });
    }
    if (problem.code === "invalid_challenge") {
      return fail(401, {
        message: "It took too long, or too many codes were wrong. Sign in again.",
      });
    }
    return fail(503, { isChallenged: true, message: `${problem.title}.` });
  },

  signUp: async ({ request, locals: { client } }) => {
    const { remember, ...who } = await read(request);
    const registered = await client.registerUser(who);
    if (registered.problem) return refuse(who, registered.problem);
    // The service wants the address confirmed before there is an account.
    if (!registered.data) return { said: "A mail to this address tells you how to go on." };
    const { problem } = await client.signIn({ ...who, remember });
    if (problem) return refuse(who, problem);
    redirect(303, "/");
  },
};

async function read(request: Request) {
  const { email, password, remember } = Object.fromEntries(await request.formData());
  return { email: String(email), password: String(password), remember: remember === "on" };
}

/** The form again, with what is wrong with it. The password is to be typed anew. */
function refuse({ email }: { email: string }, problem: ProblemOf<"signIn" | "registerUser">) {
  const errors = problem.errors?.map(({ field, detail }) => [field, detail]) ?? [];
  const fields: Record<string, string> = Object.fromEntries(errors);
  switch (problem.code) {
    case "validation_failed":
      return fail(422, { email, fields });
    case "email_taken":
      return fail(409, { email, message: "There is an account with this address. Sign in." });
    case "invalid_credentials":
      return fail(401, { email, message: "The email or the password is wrong." });
    case "rate_limited":
      return fail(429, { email, message: "Too many attempts. Try again later." });
    default:
      return fail(503, { email, message: `${problem.title}.` });
  }
}
