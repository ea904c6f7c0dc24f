import { ask } from "./direct.js";
import type { Plan } from "./plan.js";
import { Unusable } from "./unusable.js";

const codeOf = (body: unknown): string => {
  const code = (body as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? ` ${code}` : "";
};

/** Signs the user up, if the plan says so. */
export async function signUp(plan: Plan): Promise<void> {
  if (plan.signUp === undefined) return;
  const { body } = plan.user;
  const { status, body: said } = await ask(plan.api + plan.signUp, plan, { method: "POST", body });
  if (status === 202) {
    throw new Unusable(
      "The sign-up waits for a confirmation by mail: set DOCTOR_EMAIL and DOCTOR_PASSWORD of a user who exists.",
    );
  }
  if (status < 200 || status >= 300) {
    throw new Unusable(`POST ${plan.signUp} was answered with ${status}${codeOf(said)}.`);
  }
}

/** Removes the user of a sign-up at Bifrons, with all sessions. Says whether it did. */
export async function remove(plan: Plan): Promise<boolean> {
  if (plan.signUp === undefined) return true;
  const inTokens = JSON.stringify({ ...JSON.parse(plan.user.body), mode: "token" });
  const signedIn = await ask(plan.api + plan.path, plan, { method: "POST", body: inTokens });
  const { tokens } = (signedIn.body ?? {}) as { tokens?: { access_token?: string } };
  if (tokens?.access_token === undefined) return false;
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const { status } = await ask(`${plan.api}/v1/me`, plan, { method: "DELETE", headers });
  return status === 204;
}
