import { remove, signUp } from "./account.js";
import { KINDS, type Kind, type Launched } from "./browsers/kinds.js";
import type { Network } from "./browsers/network.js";
import { ask } from "./direct.js";
import { askDoctor } from "./doctor.js";
import type { Plan } from "./plan.js";
import { type Attempt, signIn } from "./sign_in.js";
import { Unusable } from "./unusable.js";
import { expectUser, judge, type Verdict } from "./verdict.js";

/** Starts a browser. Tests give browsers that run already. */
export type Launch = (kind: Kind, network: Network) => Promise<Launched>;

/** Runs the doctor, and signs in with every browser. */
export async function check(
  plan: Plan,
  launch: Launch = (kind, network) => kind.launch(network),
): Promise<Verdict> {
  const network = await reach(plan);
  await signUp(plan);
  const attempts: (readonly [Kind, Attempt])[] = [];
  let removed = true;
  try {
    const report = await askDoctor(plan, plan.user.body);
    expectUser(report);
    for (const kind of KINDS) attempts.push([kind, await attempt(plan, kind, network, launch)]);
    const verdict = judge(plan, report, attempts);
    removed = await remove(plan);
    if (removed) return verdict;
    const note = "The user of --sign-up could not be removed: DELETE /v1/me was refused.";
    return { ...verdict, notes: [...verdict.notes, note] };
  } catch (error) {
    await remove(plan).catch(() => false);
    throw error;
  }
}

/** Asks both, so that a certificate or an address that is wrong is told as that. */
async function reach(plan: Plan): Promise<Network> {
  const answers = [await ask(plan.preview, plan), await ask(plan.api + plan.next, plan)];
  // Browsers know the system's authorities; those of --ca were checked just now.
  const pins = answers.flatMap(({ pin }) => (plan.ca === undefined || !pin ? [] : [pin]));
  return { ...(plan.connect === undefined ? {} : { address: plan.connect }), pins };
}

async function attempt(plan: Plan, kind: Kind, network: Network, launch: Launch): Promise<Attempt> {
  const browser = await launch(kind, network).catch((error: Error) => {
    throw new Unusable(error.message);
  });
  try {
    const visit = await browser.open(plan.preview, plan.timeoutMs).catch((error: Error) => {
      throw new Unusable(`${kind.browser} cannot open ${plan.preview}: ${error.message}`);
    });
    try {
      const wanted = new URL(plan.preview).origin;
      const origin = await visit.run(async () => location.origin, undefined);
      if (origin !== wanted) {
        throw new Unusable(
          `${plan.preview} leads to ${origin}: give the URL of a page of the frontend that no log-in protects.`,
        );
      }
      return await signIn(visit, plan);
    } finally {
      await visit.leave();
    }
  } finally {
    await browser.stop();
  }
}
