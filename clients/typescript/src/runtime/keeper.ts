import type { Answer } from "./answer.js";
import { observe, replaces } from "./observe.js";
import type { FlatInput, Operation } from "./operation.js";
import type { ProblemShape } from "./problem.js";
import { singleFlight } from "./renewal.js";
import type { Meaning, TokensShape } from "./shapes.js";
import type { TokenStorage } from "./storage.js";
import { SIGNED_OUT, type Tracker } from "./tracker.js";

type Outcome = Answer<unknown, ProblemShape>;
type Send = (input: FlatInput, token?: string) => Promise<Outcome>;

/** An access token, and by the clock of this machine when it ends and when to ask for the next. */
export interface Access {
  readonly token: string;
  readonly expiresAt: number;
  readonly renewAt: number;
}

export interface KeeperOptions {
  readonly refreshIn: "cookie" | "body";
  readonly storage: TokenStorage;
  readonly tracker: Tracker;
  /** Tells the other tabs of a new access token. */
  readonly share: (access: Access) => void;
  /** Asks for the next tokens. */
  readonly refresh: Send;
}

/** Holds the tokens of the bearer face: the access token in memory, and nowhere else. */
export interface Keeper {
  /** Makes a call with a token that counts, as far as one can be had. */
  run(
    operation: Operation,
    meaning: Meaning | undefined,
    input: FlatInput,
    send: Send,
  ): Promise<Outcome>;
  /** Takes over what another tab was given, or has dropped. */
  adopt(access?: Access): void;
}

/** The only answers that sign out. No outage does. */
const REFUSALS = ["invalid_refresh_token", "refresh_reused"];

/** How long before its end an access token is replaced, at most. */
const LEAD_MS = 60_000;

export function createKeeper(options: KeeperOptions): Keeper {
  const { refreshIn, storage, tracker, share } = options;
  let access: Access | undefined;
  /** The call under way that replaces the tokens: a refresh beside it would come with the old one. */
  let replacing: Promise<unknown> | undefined;
  const { renew, underWay, reset } = singleFlight(renewNow);

  async function keep({ access_token, expires_in, refresh_token }: TokensShape): Promise<void> {
    const lifetime = expires_in * 1000;
    // By chance, so that not all tabs and devices ask at the same moment.
    const lead = Math.min(LEAD_MS, lifetime / 5) * (0.5 + Math.random() / 2);
    const expiresAt = Date.now() + lifetime;
    access = { token: access_token, expiresAt, renewAt: expiresAt - lead };
    reset();
    share(access);
    if (refresh_token !== undefined) await storage.set(refresh_token);
  }

  /** The state first: it must hold even if the storage fails. */
  async function forget(): Promise<void> {
    access = undefined;
    reset();
    tracker.set(SIGNED_OUT);
    await storage.remove();
  }

  async function refreshInput(): Promise<FlatInput | undefined> {
    if (refreshIn === "cookie") return {};
    const refresh_token = await storage.get();
    return refresh_token ? { refresh_token } : undefined;
  }

  async function renewNow(): Promise<Outcome | undefined> {
    const before = access;
    await replacing;
    if (access !== before) return undefined;
    const since = tracker.epoch();
    const input = await refreshInput();
    if (!input) {
      await forget();
      return undefined;
    }
    // Once more, because the answer may have been lost on its way: the service gives the same
    // successor again, but only for seconds.
    const again = async (): Promise<Outcome> => options.refresh((await refreshInput()) ?? input);
    const outcome = await options.refresh(input).catch(again);
    return (await settle(since, outcome)) ? undefined : outcome;
  }

  /** Draws the conclusions from a refresh; false if it said nothing about the session. */
  async function settle(since: number, outcome: Outcome): Promise<boolean> {
    // Somebody has signed in or out meanwhile: this is about a session that is no more.
    if (since !== tracker.epoch()) return true;
    const tokens = observe(tracker, { meaning: "refreshed", since }, outcome);
    if (tokens) await keep(tokens);
    else if (outcome.problem?.status !== 401 || !REFUSALS.includes(outcome.problem.code)) {
      return false;
    } else await forget();
    return true;
  }

  /** A token that counts, none if nobody is signed in, or why neither can be told. */
  async function authorize(refused?: string): Promise<{ token?: string; failed?: Outcome }> {
    const usable = (end: "renewAt" | "expiresAt"): Access | undefined =>
      access && access.token !== refused && Date.now() < access[end] ? access : undefined;
    // More than once, because another tab may have signed in while this one asked.
    for (let tries = 0; tries < 3; tries += 1) {
      const fresh = !underWay() && usable("renewAt");
      if (fresh) return { token: fresh.token };
      if (!access && tracker.get().status === "signed-out") break;
      const failed = await renew().catch((error: unknown) => {
        if (!usable("expiresAt")) throw error;
      });
      // What still counts does not wait for the service to come back.
      const held = usable("expiresAt");
      if (held) return { token: held.token };
      if (failed) return { failed };
    }
    return {};
  }

  /** Makes the call, and keeps what it brings. */
  async function conclude(
    meaning: Meaning | undefined,
    input: FlatInput,
    token: string | undefined,
    send: Send,
  ): Promise<Outcome> {
    const since = tracker.epoch();
    const outcome = await send(input, token);
    if (meaning === "refreshed") {
      await settle(since, outcome);
      return outcome;
    }
    const tokens = observe(tracker, { meaning, input, since }, outcome);
    if (tokens) await keep(tokens);
    else if (access && tracker.get().status === "signed-out") await forget();
    return outcome;
  }

  function alone(call: Promise<Outcome>): Promise<Outcome> {
    const settled = call
      .catch(() => {})
      .then(() => {
        if (replacing === settled) replacing = undefined;
      });
    replacing = settled;
    return call;
  }

  /** Leaves at once, even where the network is gone. */
  async function signOut(input: FlatInput, send: Send): Promise<Outcome> {
    const left = access;
    access = undefined;
    tracker.set(SIGNED_OUT);
    const refreshToken = await storage.get();
    await forget();
    // In a cookie it travels by itself, and an access token beside it would alone count: one that is
    // over would leave the session alive.
    if (refreshIn === "cookie") return send(input);
    const counts = left !== undefined && Date.now() < left.expiresAt;
    return send(input, counts ? left.token : (refreshToken ?? undefined));
  }

  return {
    adopt: (shared) => {
      access = shared;
      reset();
    },
    run: async (operation, meaning, input, send) => {
      if (meaning === "signed-out") return signOut(input, send);
      if (meaning === "tokens" || meaning === "refreshed") {
        if (underWay()) await renew().catch(() => {});
        await replacing;
        const filled =
          meaning === "tokens"
            ? { ...input, refresh_in: refreshIn }
            : { ...(await refreshInput()), ...input };
        return alone(conclude(meaning, filled, undefined, send));
      }
      if (!operation.bearer) return send(input);

      const once = async (refused?: string): Promise<[Outcome, string | undefined] | undefined> => {
        const { token, failed } = await authorize(refused);
        if (failed) return [failed, undefined];
        if (refused !== undefined && token === undefined) return undefined;
        const call = conclude(meaning, input, token, send);
        return [await (replaces(meaning) ? alone(call) : call), token];
      };
      const [outcome, token] = (await once()) as [Outcome, string | undefined];
      if (token === undefined || outcome.problem?.code !== "invalid_token") return outcome;
      return (await once(token))?.[0] ?? outcome;
    },
  };
}
