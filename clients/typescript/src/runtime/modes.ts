import { baseOf, type Call, type CallSettings } from "./call.js";
import { cookieCalls } from "./cookie-mode.js";
import { untilDeadline } from "./deadline.js";
import type { Operation } from "./operation.js";
import type { PageLink } from "./page.js";
import type { SessionShape } from "./shapes.js";
import type { TokenStorage } from "./storage.js";
import type { Access, TokenManager } from "./token-manager.js";
import { createTracker, type State, stateOf, type Tracker } from "./tracker.js";

export interface ModeSettings extends CallSettings {
  readonly mode?: "cookie" | "token" | undefined;
  readonly token?: unknown;
  readonly refreshIn: "cookie" | "body";
  readonly storage?: TokenStorage | undefined;
  readonly session?: SessionShape | null | undefined;
}

/** What the calls need of the client. */
export interface ModeEvents {
  /** The operation `refreshTokens`. */
  readonly refresh: Operation;
  /** The session cookie is lost. */
  readonly lost: () => void;
  /** The user has returned to a page that shows the session. */
  readonly returned: () => void;
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

/** Adds the session's state, the other tabs and token mode to the calls. */
export function callsByMode(settings: ModeSettings, call: Call, events: ModeEvents): ModeCalls {
  const { session, refreshIn, storage, token, timeout = Infinity } = settings;
  const holdsTokens = settings.mode === "token";
  let tokens: Promise<TokenManager> | undefined;
  let link: Promise<PageLink | undefined> | undefined;
  let closed = typeof document === "undefined";

  const receive = ({ state, begins = false, access }: Message): void => {
    // A token that another tab received while this tab signed out is too late.
    if (access && tracker.get().status !== "signed-out") adopt(access);
    if (!state) return;
    if (begins || state.status === "signed-out") adopt();
    tracker.apply(state, begins);
  };
  // Tabs share cookies and a storage, but neither memory nor the caller's tokens.
  const shares = holdsTokens ? refreshIn === "cookie" || storage : token === undefined;
  /** With the first subscriber or call. Other programs than pages never load this part. */
  const open = (): void => {
    if (closed) return;
    link ??= import("./page.js")
      .then(({ linkPage }) =>
        closed
          ? undefined
          : linkPage({
              channel: shares ? `bifrons 2 ${holdsTokens} ${baseOf(settings)}` : undefined,
              receive: receive as (message: unknown) => void,
              returned: () => tracker.watched() && events.returned(),
            }),
      )
      .catch(() => undefined);
  };
  const send = (message: Message): void => void link?.then((page) => page?.send(message));
  const tracker = createTracker(stateOf(session), (state, begins) => send({ state, begins }));

  /** Pages in cookie mode never load this part. After a failure the next call loads it again. */
  const manager = (): Promise<TokenManager> =>
    (tokens ??= import("./token-manager.js").then(
      ({ createTokenManager }) =>
        createTokenManager({
          refreshIn,
          storage,
          tracker,
          share: (access) => send({ access }),
          refresh: (input) =>
            call(events.refresh, input, { timeout: Math.min(timeout, REFRESH_MS) }),
          operation: events.refresh,
        }),
      (error: unknown) => {
        tokens = undefined;
        throw error;
      },
    ));
  const adopt = (access?: Access): void => void tokens?.then((held) => held.adopt(access));
  if (holdsTokens) manager().catch(() => {});

  const tracked = holdsTokens
    ? tokenCalls(manager, tracker, call, timeout)
    : cookieCalls(tracker, call, token !== undefined, events.lost);
  const own = {
    mode: holdsTokens || token !== undefined ? "token" : "cookie",
    refresh_in: holdsTokens ? refreshIn : undefined,
  };
  return {
    tracker: {
      ...tracker,
      subscribe: (listener) => {
        open();
        return tracker.subscribe(listener);
      },
    },
    call: (operation, input, options) => {
      open();
      // The client's own mode, so that it can use the answer.
      return tracked(operation, operation.mode ? { ...input, ...own } : input, options);
    },
    close: () => {
      closed = true;
      link?.then((page) => page?.close());
      link = undefined;
    },
  };
}

/** Makes the calls with the tokens of the manager, within one deadline for a call and its refresh. */
function tokenCalls(
  manager: () => Promise<TokenManager>,
  tracker: Tracker,
  call: Call,
  usual: number,
): Call {
  return (operation, input = {}, { signal, timeout = usual, headers } = {}) => {
    // At once, before the manager and the network.
    if (operation.effect === "signed-out") tracker.end("signed_out");
    return untilDeadline({ signal, timeout }, async (deadline) =>
      (await manager()).run(operation, input, (given, token) =>
        call(operation, given, {
          headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
          signal: deadline,
          timeout: Infinity,
        }),
      ),
    );
  };
}
