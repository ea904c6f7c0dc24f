import type { Call, CallSettings } from "./call.js";
import { type Broadcast, openChannel } from "./channel.js";
import { untilDeadline } from "./deadline.js";
import { observe, replaces } from "./observe.js";
import type { SessionEffect, SessionShape } from "./shapes.js";
import { inMemory, type TokenStorage } from "./storage.js";
import { type Access, createTokenManager, type TokenManager } from "./token-manager.js";
import { createTracker, SIGNED_OUT, type State, signedIn, type Tracker } from "./tracker.js";

export interface ModeSettings extends CallSettings {
  readonly mode?: "cookie" | "token" | undefined;
  readonly token?: unknown;
  readonly refreshIn?: "cookie" | "body" | undefined;
  readonly storage?: TokenStorage | undefined;
  readonly session?: SessionShape | null | undefined;
}

export interface ModeCalls {
  readonly tracker: Tracker;
  /** The function for the operations with this effect. */
  callAs(effect: SessionEffect | undefined): Call;
}

/** What tabs send to each other. */
interface Message {
  readonly state?: State;
  readonly begins?: boolean;
  readonly access?: Access;
}

/** The codes for a credential that is missing, unknown, expired or revoked. */
const ENDINGS = ["unauthenticated", "invalid_session", "invalid_token"];

/** The effects of tokens, which a client in cookie mode does not hold. */
const TOKENS: readonly (SessionEffect | undefined)[] = ["tokens", "refreshed"];

/**
 * How long a refresh may take. The second try must arrive within the seconds in which the service
 * answers with the same successor.
 */
const REFRESH_MS = 5000;

/** Adds the session's state and token mode to the calls. Calls `onLost` when the session cookie is lost. */
export function callsByMode(
  settings: ModeSettings,
  call: Call,
  refresh: (call: Call, input: { refresh_token?: string }) => ReturnType<Call>,
  onLost: () => void,
): ModeCalls {
  const { session, refreshIn, storage, token, timeout: usual } = settings;
  const holdsTokens = settings.mode === "token";
  let tokenManager: TokenManager | undefined;
  // Tabs share cookies and a storage, but neither memory nor the caller's tokens.
  const shares = holdsTokens ? refreshIn === "cookie" || storage : token === undefined;
  const name = `bifrons 1 ${holdsTokens} ${settings.baseUrl}`;
  const broadcast: Broadcast = shares
    ? openChannel(name, (message) => {
        const { state, begins = false, access } = message as Message;
        // A token that another tab received while this tab signed out is too late.
        if (access && tracker.get().status !== "signed-out") tokenManager?.adopt(access);
        if (!state) return;
        if (begins || state.status === "signed-out") tokenManager?.adopt();
        tracker.apply(state, begins);
      })
    : () => {};

  const known: State = session ? signedIn(session) : SIGNED_OUT;
  const tracker = createTracker(
    session === undefined ? { status: "unknown" } : known,
    (state, begins) => broadcast({ state, begins }),
  );

  if (holdsTokens) {
    const quick: Call = (operation, input) =>
      call(operation, input, { timeout: Math.min(usual ?? REFRESH_MS, REFRESH_MS) });
    const manager = createTokenManager({
      refreshIn: refreshIn ?? "cookie",
      storage: storage ?? inMemory(),
      tracker,
      share: (access) => broadcast({ access }),
      refresh: (input) => refresh(quick, input),
    });
    tokenManager = manager;
    return {
      tracker,
      callAs:
        (effect) =>
        (operation, input = {}, { signal, timeout = usual, headers } = {}) =>
          untilDeadline({ signal, timeout }, (deadline) =>
            manager.run(operation, effect, input, (given, held) =>
              call(operation, given, {
                headers: { ...(held && { authorization: `Bearer ${held}` }), ...headers },
                signal: deadline,
                timeout: Infinity,
              }),
            ),
          ),
    };
  }

  /** Calls in flight that replace the secret. A 401 to an older call then ends nothing. */
  let replacing = 0;
  return {
    tracker,
    callAs: (effect) => async (operation, input, options) => {
      const since = tracker.epoch();
      const own = replaces(effect) ? 1 : 0;
      replacing += own;
      try {
        const answer = await call(operation, input, options);
        if (token === undefined && TOKENS.includes(effect)) return answer;
        const { status } = tracker.get();
        const endings = replacing > own ? [] : ENDINGS;
        observe(tracker, { effect, input, since, endings }, answer);
        // Not "invalid_session", which means that there was a cookie.
        if (status === "signed-in" && answer.problem?.code === "unauthenticated") onLost();
        return answer;
      } finally {
        replacing -= own;
      }
    },
  };
}
