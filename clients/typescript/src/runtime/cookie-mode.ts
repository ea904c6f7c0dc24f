import type { Call } from "./call.js";
import { observe } from "./observe.js";
import type { Tracker } from "./tracker.js";

/** The codes for a credential that is missing, unknown, expired or revoked. */
const ENDINGS = ["unauthenticated", "invalid_session", "invalid_token"];

/**
 * Applies the answers to the session's state. Calls `onLost` when the session cookie is lost, or hidden by
 * an `Authorization` header that the client did not send. A client
 * with the caller's own token follows the answers to refreshes, too.
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
    const own = effect === "begins" ? 1 : 0;
    replacing += own;
    try {
      const answer = await call(operation, input, options);
      const { status = 0, code = "" } = answer.problem ?? {};
      if (effect !== "refreshed" || ownToken) observe(tracker, operation, input, since, answer);
      // Not "invalid_session", which means that there was a cookie.
      if (
        code === "unsupported_authorization" ||
        (code === "unauthenticated" && tracker.get().status === "signed-in")
      ) {
        onLost();
      }
      const current = replacing === own && since === tracker.epoch();
      if (status === 401 && ENDINGS.includes(code) && current) tracker.end();
      return answer;
    } finally {
      replacing -= own;
    }
  };
}
