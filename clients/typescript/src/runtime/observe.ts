import type { Answer } from "./answer.js";
import type { FlatInput, Operation } from "./operation.js";
import type { ProblemShape } from "./problem.js";
import type { SessionShape, SignedInShape, TokensShape } from "./shapes.js";
import { sessionId, type Tracker } from "./tracker.js";

/** Applies a success to the session's state. Returns the new tokens, if the answer holds any. */
export function observe(
  tracker: Tracker,
  { effect }: Operation,
  input: FlatInput | undefined,
  since: number,
  { data, problem }: Answer<unknown, ProblemShape>,
): TokensShape | undefined {
  const begins = effect === "begins";
  if (problem || !effect || (!begins && since !== tracker.epoch())) return undefined;
  const state = tracker.get();
  if (effect === "user") {
    if (state.status === "signed-in") tracker.become({ ...state.session, user: data });
  } else if (effect === "signed-out" || effect === "ended") {
    tracker.end("signed_out");
  } else if (effect === "ended-one") {
    if (input?.["id"] === sessionId(state)) tracker.end("signed_out");
  } else {
    const { session, tokens } = (
      effect === "session" ? { session: data } : data
    ) as Partial<SignedInShape>;
    // An answer that is not a session, as from a test's stub, is ignored.
    if ((session as Partial<SessionShape> | undefined)?.user) {
      tracker.become(session as SessionShape, begins);
    }
    return tokens;
  }
  return undefined;
}
