import { baseOf, type Call, type CallSettings } from "./call.js";
import { createTabChannel } from "./channel.js";
import { cookieCalls } from "./cookie-mode.js";
import { untilDeadline } from "./deadline.js";
import type { SessionShape } from "./shapes.js";
import { inMemory, type TokenStorage } from "./storage.js";
import { type Access, createTokenManager, type TokenManager } from "./token-manager.js";
import { createTracker, SIGNED_OUT, type State, signedIn, type Tracker } from "./tracker.js";

export interface ModeSettings extends CallSettings {
  readonly mode?: "cookie" | "token" | undefined;
  readonly token?: unknown;
  readonly refreshIn: "cookie" | "body";
  readonly storage?: TokenStorage | undefined;
  readonly session?: SessionShape | null | undefined;
}

/** The calls of a client, and the session's state that follows from their answers. */
export interface ModeCalls {
  readonly tracker: Tracker;
  readonly call: Call;
  /** Ends the exchange with other tabs. */
  close(): void;
}

/** What tabs send to each other. */
interface Message {
  readonly state?: State;
  readonly begins?: boolean;
  readonly access?: Access;
}

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
  const { session, refreshIn, storage, token, timeout = Infinity } = settings;
  const holdsTokens = settings.mode === "token";
  let tokenManager: TokenManager | undefined;
  const receive = ({ state, begins = false, access }: Message): void => {
    // A token that another tab received while this tab signed out is too late.
    if (access && tracker.get().status !== "signed-out") tokenManager?.adopt(access);
    if (!state) return;
    if (begins || state.status === "signed-out") tokenManager?.adopt();
    tracker.apply(state, begins);
  };
  const { open, send, close } = createTabChannel(
    `bifrons 1 ${holdsTokens} ${baseOf(settings)}`,
    receive as (message: unknown) => void,
    // Tabs share cookies and a storage, but neither memory nor the caller's tokens.
    holdsTokens ? refreshIn === "cookie" || Boolean(storage) : token === undefined,
  );

  const known: State = session ? signedIn(session) : SIGNED_OUT;
  const tracker = createTracker(
    session === undefined ? { status: "unknown" } : known,
    (state, begins) => send({ state, begins }),
  );

  if (holdsTokens) {
    const quick: Call = (operation, input) =>
      call(operation, input, { timeout: Math.min(timeout, REFRESH_MS) });
    tokenManager = createTokenManager({
      refreshIn,
      storage: storage ?? inMemory(),
      tracker,
      share: (access) => send({ access }),
      refresh: (input) => refresh(quick, input),
    });
  }
  const tracked = tokenManager
    ? tokenCalls(tokenManager, call, timeout)
    : cookieCalls(tracker, call, token !== undefined, onLost);
  return {
    tracker: {
      ...tracker,
      subscribe: (listener) => {
        open();
        return tracker.subscribe(listener);
      },
    },
    call: (...rest) => {
      open();
      return tracked(...rest);
    },
    close,
  };
}

/** Makes the calls with the tokens of the manager, within one deadline for a call and its refresh. */
function tokenCalls(manager: TokenManager, call: Call, usual: number): Call {
  return (operation, input = {}, { signal, timeout = usual, headers } = {}) =>
    untilDeadline({ signal, timeout }, (deadline) =>
      manager.run(operation, input, (given, token) =>
        call(operation, given, {
          headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
          signal: deadline,
          timeout: Infinity,
        }),
      ),
    );
}
