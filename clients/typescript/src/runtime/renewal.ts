import type { Answer } from "./answer.js";
import type { ProblemShape } from "./problem.js";
import { retryAfter } from "./retry.js";

/** Tries to renew the tokens. Resolves to nothing once the session's state is known. */
export type Renew = () => Promise<Answer<unknown, ProblemShape> | undefined>;

/**
 * One renewal at a time for all waiting calls. After a failure, no request until `Retry-After` is
 * over: calls fail with the last failure.
 */
export function singleFlight(attempt: Renew): { renew: Renew; underWay(): boolean; reset(): void } {
  let flight: ReturnType<Renew> | undefined;
  let failure: { readonly until: number; readonly replay: Renew } | undefined;

  const fly: Renew = async () => {
    if (failure && Date.now() < failure.until) return failure.replay();
    try {
      const failed = await attempt();
      failure = failed && {
        until: Date.now() + retryAfter(failed.response),
        replay: async () => failed,
      };
      return failed;
    } catch (error) {
      failure = { until: Date.now() + retryAfter(), replay: () => Promise.reject(error) };
      throw error;
    }
  };

  return {
    renew: () => {
      flight ??= fly().finally(() => {
        flight = undefined;
      });
      return flight;
    },
    underWay: () => flight !== undefined,
    reset: () => {
      failure = undefined;
    },
  };
}
