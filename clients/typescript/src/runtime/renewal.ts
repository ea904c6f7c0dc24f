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
  let flight: ReturnType<Renew> = Promise.resolve(undefined);
  let flying = false;
  /** Until then the last flight's failure is the answer. */
  let until = 0;
  const wait = (response?: Response): void => {
    until = Date.now() + retryAfter(response);
  };
  const fly: Renew = async () => {
    try {
      const failed = await attempt();
      if (failed) wait(failed.response);
      return failed;
    } catch (error) {
      wait();
      throw error;
    } finally {
      flying = false;
    }
  };
  return {
    renew: () => {
      if (!flying && Date.now() >= until) {
        flying = true;
        flight = fly();
      }
      return flight;
    },
    underWay: () => flying,
    reset: () => {
      until = 0;
    },
  };
}
