import type { Call } from "./call.js";
import { observe, replaces } from "./observe.js";
import type { SessionEffect } from "./shapes.js";
import type { Tracker } from "./tracker.js";

/** The codes for a credential that is missing, unknown, expired or revoked. */
const ENDINGS = ["unauthenticated", "invalid_session", "invalid_token"];

/** The effects of tokens, which a client in cookie mode does not hold. */
const TOKENS: readonly (SessionEffect | undefined)[] = ["tokens", "refreshed"];

/**
 * Applies the answers to the session's state. Calls `onLost` when the session cookie is lost. A client
 * with the caller's own token follows the answers to tokens, too.
 */
export function cookieCalls(
  tracker: Tracker,
  call: Call,
  ownToken: boolean,
  onLost: () => void,
): Call {
  /** Calls in flight that replace the secret. A 401 to an older call then ends nothing. */
  let replacing = 0;
  return async (operation, input, options) => {
    const { effect } = operation;
    const since = tracker.epoch();
    const own = replaces(effect) ? 1 : 0;
    replacing += own;
    try {
      const answer = await call(operation, input, options);
      if (!ownToken && TOKENS.includes(effect)) return answer;
      const { status } = tracker.get();
      const endings = replacing > own ? [] : ENDINGS;
      observe(tracker, { effect, input, since, endings }, answer);
      // Not "invalid_session", which means that there was a cookie.
      if (status === "signed-in" && answer.problem?.code === "unauthenticated") onLost();
      return answer;
    } finally {
      replacing -= own;
    }
  };
}
