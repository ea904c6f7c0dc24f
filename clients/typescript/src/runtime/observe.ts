import type { Answer } from "./answer.js";
import type { FlatInput } from "./operation.js";
import type { ProblemShape } from "./problem.js";
import type { SessionEffect, SessionShape, TokensShape } from "./shapes.js";
import { SIGNED_OUT, sessionId, signedIn, type Tracker } from "./tracker.js";

/** A call whose answer may change the session. */
export interface Observation {
  readonly effect: SessionEffect | undefined;
  readonly input?: FlatInput | undefined;
  /** The tracker's epoch when the call began. */
  readonly since: number;
  /** The codes that mean the session has ended. None in token mode, where only a refresh tells. */
  readonly endings?: readonly string[];
}

const BEGINNINGS: readonly (SessionEffect | undefined)[] = ["signed-in", "tokens", "reissued"];

/** Whether the session gets a new secret, so that requests sent with the old one are refused. */
export const replaces = (effect: SessionEffect | undefined): boolean => BEGINNINGS.includes(effect);

/** Applies an answer to the session's state. Returns the new tokens, if the answer holds any. */
export function observe(
  tracker: Tracker,
  { effect, input, since, endings }: Observation,
  { data, problem }: Answer<unknown, ProblemShape>,
): TokensShape | undefined {
  const begins = replaces(effect);
  if (!begins && since !== tracker.epoch()) return undefined;
  if (problem) {
    if (problem.status === 401 && endings?.includes(problem.code)) tracker.set(SIGNED_OUT);
    return undefined;
  }
  const state = tracker.get();
  if (effect === "signed-out" || effect === "ended") tracker.set(SIGNED_OUT);
  if (effect === "ended-one" && input?.["id"] === sessionId(state)) tracker.set(SIGNED_OUT);
  if (effect === "user" && state.status === "signed-in") {
    tracker.set(signedIn({ ...state.session, user: data }));
  }
  if (effect === "signed-in" || effect === "session") become(tracker, data, begins);
  if (effect === "reissued" || effect === "tokens" || effect === "refreshed") {
    const { session, tokens } = data as { session?: unknown; tokens?: TokensShape };
    become(tracker, session, begins);
    return effect === "reissued" ? tokens : (data as TokensShape);
  }
  return undefined;
}

/** Ignores an answer that is not a session, as from a test's stub. */
function become(tracker: Tracker, session: unknown, begins: boolean): void {
  if ((session as Partial<SessionShape> | undefined)?.user) {
    tracker.set(signedIn(session as SessionShape), begins);
  }
}
