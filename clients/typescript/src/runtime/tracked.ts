import type { Call, CallSettings } from "./call.js";
import { joinChannel, type Tell } from "./channel.js";
import { untilDeadline } from "./deadline.js";
import { type Access, createKeeper, type Keeper } from "./keeper.js";
import { observe, replaces } from "./observe.js";
import type { Meaning, SessionShape } from "./shapes.js";
import { inMemory, type TokenStorage } from "./storage.js";
import { createTracker, SIGNED_OUT, type State, signedIn, type Tracker } from "./tracker.js";

export interface TrackedSettings extends CallSettings {
  readonly face?: "cookie" | "bearer" | undefined;
  readonly token?: unknown;
  readonly refreshIn?: "cookie" | "body" | undefined;
  readonly storage?: TokenStorage | undefined;
  readonly session?: SessionShape | null | undefined;
}

export interface Tracked {
  readonly tracker: Tracker;
  /** The function for the calls whose answers mean this. */
  callAs(meaning: Meaning | undefined): Call;
}

/** What the tabs tell each other. */
interface Message {
  readonly state?: State;
  readonly begins?: boolean;
  readonly access?: Access;
}

/** The codes with which the service says that a credential is none, or none any more. */
const ENDINGS = ["unauthenticated", "invalid_session", "invalid_token"];

/** What a client without a token of its own has no use for. */
const TOKENS: readonly (Meaning | undefined)[] = ["tokens", "refreshed"];

/**
 * How long a refresh may take. It is asked again after that, and must be within the seconds for which
 * the service gives the same successor.
 */
const REFRESH_MS = 5000;

/** Puts the session's state, and the bearer face, around the calls. `onLost` hears of lost cookies. */
export function trackedCalls(
  settings: TrackedSettings,
  call: Call,
  refresh: (call: Call, input: { refresh_token?: string }) => ReturnType<Call>,
  onLost: () => void,
): Tracked {
  const { session, refreshIn, storage, token, timeout: usual } = settings;
  const bearer = settings.face === "bearer";
  let keeper: Keeper | undefined;
  // Tabs share what they share: cookies and a storage, but neither memory nor tokens brought along.
  const shares = bearer ? refreshIn === "cookie" || storage : token === undefined;
  const name = `bifrons 1 ${bearer} ${settings.baseUrl}`;
  const tell: Tell = shares
    ? joinChannel(name, (message) => {
        const { state, begins = false, access } = message as Message;
        // A token that another tab was given while this one was leaving is too late.
        if (access && tracker.get().status !== "signed-out") keeper?.adopt(access);
        if (!state) return;
        if (begins || state.status === "signed-out") keeper?.adopt();
        tracker.hear(state, begins);
      })
    : () => {};

  const known: State = session ? signedIn(session) : SIGNED_OUT;
  const tracker = createTracker(
    session === undefined ? { status: "unknown" } : known,
    (state, begins) => tell({ state, begins }),
  );

  if (bearer) {
    const quick: Call = (operation, input) =>
      call(operation, input, { timeout: Math.min(usual ?? REFRESH_MS, REFRESH_MS) });
    const keeping = createKeeper({
      refreshIn: refreshIn ?? "cookie",
      storage: storage ?? inMemory(),
      tracker,
      share: (access) => tell({ access }),
      refresh: (input) => refresh(quick, input),
    });
    keeper = keeping;
    return {
      tracker,
      callAs:
        (meaning) =>
        (operation, input = {}, { signal, timeout = usual, headers } = {}) =>
          untilDeadline({ signal, timeout }, (deadline) =>
            keeping.run(operation, meaning, input, (given, held) =>
              call(operation, given, {
                headers: { ...(held && { authorization: `Bearer ${held}` }), ...headers },
                signal: deadline,
                timeout: Infinity,
              }),
            ),
          ),
    };
  }

  /** How many calls are under way after which older answers are not to be believed. */
  let replacing = 0;
  return {
    tracker,
    callAs: (meaning) => async (operation, input, options) => {
      const since = tracker.epoch();
      const own = replaces(meaning) ? 1 : 0;
      replacing += own;
      try {
        const answer = await call(operation, input, options);
        if (token === undefined && TOKENS.includes(meaning)) return answer;
        const { status } = tracker.get();
        const endings = replacing > own ? [] : ENDINGS;
        observe(tracker, { meaning, input, since, endings }, answer);
        // Not "invalid_session": there was no cookie at all.
        if (status === "signed-in" && answer.problem?.code === "unauthenticated") onLost();
        return answer;
      } finally {
        replacing -= own;
      }
    },
  };
}
