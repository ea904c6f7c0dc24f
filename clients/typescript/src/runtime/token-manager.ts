import type { Answer } from "./answer.js";
import { observe } from "./observe.js";
import type { FlatInput, Operation } from "./operation.js";
import type { ProblemShape } from "./problem.js";
import { singleFlight } from "./renewal.js";
import type { TokensShape } from "./shapes.js";
import { inMemory, type TokenStorage } from "./storage.js";
import type { Tracker } from "./tracker.js";

type Outcome = Answer<unknown, ProblemShape>;
type Send = (input: FlatInput, token?: string) => Promise<Outcome>;

/** An access token. The times are those of this machine's clock. */
export interface Access {
  readonly token: string;
  readonly expiresAt: number;
  readonly renewAt: number;
}

export interface TokenManagerOptions {
  readonly refreshIn: "cookie" | "body";
  /** Where the refresh token is kept; in memory by default. */
  readonly storage: TokenStorage | undefined;
  readonly tracker: Tracker;
  /** Sends a new access token to the other tabs. */
  readonly share: (access: Access) => void;
  /** `refreshTokens`, and the call of it. */
  readonly operation: Operation;
  readonly refresh: Send;
}

/** Holds the tokens of token mode: the access token in memory only. */
export interface TokenManager {
  /** Makes a call with a valid token, if the client can get one. */
  run(operation: Operation, input: FlatInput, send: Send): Promise<Outcome>;
  /** Takes over the access token of another tab, or drops it. */
  adopt(access?: Access): void;
}

/** The only answers to a refresh that sign the user out. An outage never does. */
const REFUSALS = ["invalid_refresh_token", "refresh_reused"];

/** The longest time between renewal and expiry of an access token. */
const LEAD_MS = 60_000;

export function createTokenManager(options: TokenManagerOptions): TokenManager {
  const { refreshIn, storage = inMemory(), tracker, share, operation } = options;
  let access: Access | undefined;
  /** The call in flight that replaces the tokens: a concurrent refresh would send the old one. */
  let replacing: Promise<unknown> | undefined;
  const { renew, underWay, reset } = singleFlight(renewNow);

  async function store({ access_token, expires_in, refresh_token }: TokensShape): Promise<void> {
    const lifetime = expires_in * 1000;
    // Random, so that tabs and devices do not refresh at the same moment.
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
    tracker.end();
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
    // Once more, because the answer may be lost: the service answers with the same successor again,
    // but only for seconds.
    const again = async (): Promise<Outcome> => options.refresh((await refreshInput()) ?? input);
    const outcome = await options.refresh(input).catch(again);
    return (await settle(since, outcome)) ? undefined : outcome;
  }

  /** Applies the answer to a refresh. False if it says nothing about the session. */
  async function settle(since: number, outcome: Outcome): Promise<boolean> {
    // The user has signed in or out since: the answer is about an earlier session.
    if (since !== tracker.epoch()) return true;
    const tokens = observe(tracker, operation, undefined, since, outcome);
    if (tokens) await store(tokens);
    else if (outcome.problem?.status !== 401 || !REFUSALS.includes(outcome.problem.code)) {
      return false;
    } else await forget();
    return true;
  }

  /** A valid token, none if the user is signed out, or the failure that left it open. */
  async function authorize(refused?: string): Promise<{ token?: string; failed?: Outcome }> {
    const usable = (end: "renewAt" | "expiresAt"): Access | undefined =>
      access && access.token !== refused && Date.now() < access[end] ? access : undefined;
    // More than once, because another tab may sign in during the request.
    for (let tries = 0; tries < 3; tries += 1) {
      const fresh = !underWay() && usable("renewAt");
      if (fresh) return { token: fresh.token };
      if (!access && tracker.get().status === "signed-out") break;
      const failed = await renew().catch((error: unknown) => {
        if (!usable("expiresAt")) throw error;
      });
      // A token that is still valid does not wait for the service to recover.
      const valid = usable("expiresAt");
      if (valid) return { token: valid.token };
      if (failed) return { failed };
    }
    return {};
  }

  /** Makes the call and stores the tokens of its answer. */
  async function conclude(
    operation: Operation,
    input: FlatInput,
    token: string | undefined,
    send: Send,
  ): Promise<Outcome> {
    const since = tracker.epoch();
    const outcome = await send(input, token);
    if (operation.effect === "refreshed") {
      await settle(since, outcome);
      return outcome;
    }
    const tokens = observe(tracker, operation, input, since, outcome);
    if (tokens) await store(tokens);
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

  /** Forgets the tokens first: that needs no network. */
  async function signOut(input: FlatInput, send: Send): Promise<Outcome> {
    const left = access;
    access = undefined;
    const refreshToken = await storage.get();
    await forget();
    // The browser sends a cookie by itself. An access token displaces it, and an expired one would
    // leave the session alive.
    if (refreshIn === "cookie") return send(input);
    const valid = left !== undefined && Date.now() < left.expiresAt;
    return send(input, valid ? left.token : (refreshToken ?? undefined));
  }

  return {
    adopt: (shared) => {
      access = shared;
      reset();
    },
    run: async (operation, input, send) => {
      const { effect } = operation;
      if (effect === "signed-out") return signOut(input, send);
      if (effect === "refreshed" || (effect === "begins" && !operation.bearer)) {
        if (underWay()) await renew().catch(() => {});
        await replacing;
        const filled = effect === "refreshed" ? { ...(await refreshInput()), ...input } : input;
        return alone(conclude(operation, filled, undefined, send));
      }
      if (!operation.bearer) return send(input);

      const make = (token?: string): Promise<Outcome> => {
        const call = conclude(operation, input, token, send);
        return effect === "begins" ? alone(call) : call;
      };
      const { token, failed } = await authorize();
      const outcome = failed ?? (await make(token));
      if (!token || outcome.problem?.code !== "invalid_token") return outcome;
      const next = await authorize(token);
      return next.failed ?? (next.token ? make(next.token) : outcome);
    },
  };
}
