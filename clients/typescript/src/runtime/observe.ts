import type { Answer } from "./answer.js";
import type { FlatInput } from "./operation.js";
import type { ProblemShape } from "./problem.js";
import type { Meaning, SessionShape, TokensShape } from "./shapes.js";
import { SIGNED_OUT, sessionId, signedIn, type Tracker } from "./tracker.js";

/** What follows from a call. */
export interface Observation {
  readonly meaning: Meaning | undefined;
  readonly input?: FlatInput | undefined;
  /** The tracker's epoch when the call began. */
  readonly since: number;
  /** The codes that say that nobody is signed in; none where only a refresh tells. */
  readonly endings?: readonly string[];
}

const BEGINNINGS: readonly (Meaning | undefined)[] = ["signed-in", "tokens", "reissued"];

/** Whether the session gets a new secret by it, so that what was sent with the old one is refused. */
export const replaces = (meaning: Meaning | undefined): boolean => BEGINNINGS.includes(meaning);

/** Draws the conclusions from an answer; gives the new tokens, if it brought any. */
export function observe(
  tracker: Tracker,
  { meaning, input, since, endings }: Observation,
  { data, problem }: Answer<unknown, ProblemShape>,
): TokensShape | undefined {
  const begins = replaces(meaning);
  if (!begins && since !== tracker.epoch()) return undefined;
  if (problem) {
    if (problem.status === 401 && endings?.includes(problem.code)) tracker.set(SIGNED_OUT);
    return undefined;
  }
  const state = tracker.get();
  if (meaning === "signed-out" || meaning === "ended") tracker.set(SIGNED_OUT);
  if (meaning === "ended-one" && input?.["id"] === sessionId(state)) tracker.set(SIGNED_OUT);
  if (meaning === "user" && state.status === "signed-in") {
    tracker.set(signedIn({ ...state.session, user: data }));
  }
  if (meaning === "signed-in" || meaning === "session") become(tracker, data, begins);
  if (meaning === "reissued" || meaning === "tokens" || meaning === "refreshed") {
    const { session, tokens } = data as { session?: unknown; tokens?: TokensShape };
    become(tracker, session, begins);
    return meaning === "reissued" ? tokens : (data as TokensShape);
  }
  return undefined;
}

/** What is no session, whoever answered it, is nobody's. */
function become(tracker: Tracker, session: unknown, begins: boolean): void {
  if ((session as Partial<SessionShape> | undefined)?.user) {
    tracker.set(signedIn(session as SessionShape), begins);
  }
}
