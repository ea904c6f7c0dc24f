import type { Client } from "./client.js";
import type { Answer } from "./runtime/answer.js";
import type { CallOptions } from "./runtime/call.js";
import type { Data, Input, ProblemOf } from "./types.js";

type Registered = Answer<
  Data<"registerPasskey">,
  ProblemOf<"startPasskeyRegistration" | "registerPasskey">
>;
type Answered<Id extends Operation> = Answer<Data<Id>, ProblemOf<"startPasskeySignIn" | Id>>;
type Operation = "signInWithPasskey" | "completeSignInWithPasskey" | "reauthenticateWithPasskey";

export interface PasskeySignIn {
  /**
   * Offers the passkeys in the autofill of a field with `autocomplete="username webauthn"`, and waits until
   * the user chooses one. Call it when the page shows the form, and abort it with `signal` when the form goes.
   */
  readonly conditional?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly remember?: boolean | undefined;
}

/**
 * Passkeys in a page. Each call asks the service, then the browser, then the service again, and resolves
 * as the methods do: to `{ data, response }` or `{ problem, response }`. It rejects with what the browser
 * says: `NotAllowedError` if the user declines, `AbortError` if the signal is aborted or another call takes
 * its place, `InvalidStateError` if the authenticator has a passkey of the user, `NotSupportedError`
 * without support for passkeys.
 */
export interface Passkeys {
  /** Adds a passkey to the account. The session must be fresh. */
  register(
    input?: { readonly name?: string | undefined },
    options?: CallOptions,
  ): Promise<Registered>;
  /** Signs in with a passkey alone. */
  signIn(input?: PasskeySignIn): Promise<Answered<"signInWithPasskey">>;
  /** Completes a sign-in whose challenge lists the factor `passkey`. */
  completeSignIn(
    input?: { readonly token?: string | undefined },
    options?: CallOptions,
  ): Promise<Answered<"completeSignInWithPasskey">>;
  /** Makes the session fresh. */
  reauthenticate(options?: CallOptions): Promise<Answered<"reauthenticateWithPasskey">>;
}

/** The service accepts a challenge for ten minutes. A page can be open for longer. */
const RENEW_MS = 540_000;

/** Browsers make one request at a time: the next one ends the one that waits in the autofill. */
let waiting: { readonly controller: AbortController; readonly done: Promise<unknown> } | undefined;

export function createPasskeys(client: Client): Passkeys {
  const get = async <Id extends Operation>(
    operation: Id,
    input: object,
    { signal, conditional }: PasskeySignIn = {},
    options: CallOptions = {},
  ): Promise<Answered<Id>> => {
    await checkSupport(conditional);
    const started = await client.startPasskeySignIn({}, { ...options, signal });
    if (started.problem) return started;
    const credential = await ask(
      (signal) =>
        navigator.credentials.get({
          publicKey: requestOptions(started.data),
          signal,
          ...(conditional && { mediation: "conditional" as const }),
        }),
      signal,
      conditional,
    );
    // The challenge is about to expire: the user has chosen none of the passkeys so far.
    if (!credential) return get(operation, input, { signal, conditional }, options);
    const passkey = toJson(credential);
    const call = client[operation] as (input: object, options: CallOptions) => unknown;
    const answer = (await call({ ...input, passkey }, { ...options, signal })) as Answered<Id>;
    if (answer.problem?.code === "unknown_passkey") forget(started.data.rpId, credential.id);
    return answer;
  };
  return {
    register: async (input = {}, options = {}) => {
      await checkSupport();
      const started = await client.startPasskeyRegistration({}, options);
      if (started.problem) return started;
      const credential = await ask(
        (signal) =>
          navigator.credentials.create({ publicKey: creationOptions(started.data), signal }),
        options.signal,
      );
      return client.registerPasskey({ ...input, passkey: toJson(credential as Made) }, options);
    },
    signIn: ({ remember, ...how } = {}) => get("signInWithPasskey", { remember }, how),
    completeSignIn: (input = {}, options = {}) =>
      get("completeSignInWithPasskey", input, options, options),
    reauthenticate: (options = {}) => get("reauthenticateWithPasskey", {}, options, options),
  };
}

type Made = PublicKeyCredential;

/** Before the service is asked: a page may call without knowing the browser. */
async function checkSupport(conditional = false): Promise<void> {
  const supported = conditional
    ? await globalThis.PublicKeyCredential?.isConditionalMediationAvailable?.()
    : globalThis.PublicKeyCredential;
  if (!supported) throw new DOMException("Passkeys are not supported here", "NotSupportedError");
}

/**
 * Asks the browser, after what waits in the autofill has ended. Resolves to nothing if a request in the
 * autofill has waited for as long as its challenge is good for.
 */
async function ask(
  request: (signal: AbortSignal) => Promise<Credential | null>,
  signal: AbortSignal | undefined | null,
  conditional = false,
): Promise<Made | undefined> {
  waiting?.controller.abort();
  await waiting?.done;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  let expired = false;
  const timer = conditional
    ? setTimeout(() => {
        expired = true;
        controller.abort();
      }, RENEW_MS)
    : undefined;
  const asked = request(controller.signal);
  if (conditional) waiting = { controller, done: asked.catch(() => {}) };
  try {
    return ((await asked) ?? undefined) as Made | undefined;
  } catch (error) {
    if (expired) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    if (waiting?.controller === controller) waiting = undefined;
  }
}

/** Lets the browser remove a passkey that the service does not know. Few browsers can. */
function forget(rpId: string, credentialId: string): void {
  const { signalUnknownCredential } = PublicKeyCredential as {
    signalUnknownCredential?: (about: object) => Promise<void>;
  };
  signalUnknownCredential?.call(PublicKeyCredential, { rpId, credentialId }).catch(() => undefined);
}

type CreationJson = Parameters<typeof PublicKeyCredential.parseCreationOptionsFromJSON>[0];
type RequestJson = Parameters<typeof PublicKeyCredential.parseRequestOptionsFromJSON>[0];

/** The browser's own parser, or what it does with the members that the service sends. */
function creationOptions(json: CreationJson): PublicKeyCredentialCreationOptions {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) {
    return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  }
  const excludeCredentials = json.excludeCredentials?.map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials,
  } as unknown as PublicKeyCredentialCreationOptions;
}

function requestOptions(json: RequestJson): PublicKeyCredentialRequestOptions {
  return PublicKeyCredential.parseRequestOptionsFromJSON
    ? PublicKeyCredential.parseRequestOptionsFromJSON(json)
    : ({
        ...json,
        challenge: bytes(json.challenge),
      } as unknown as PublicKeyCredentialRequestOptions);
}

/** Some programs that keep passkeys return an object without `toJSON`. */
function toJson(credential: Made): Input<"registerPasskey">["passkey"] {
  if (typeof credential.toJSON === "function") return { ...credential.toJSON() };
  const { id, rawId, type } = credential;
  const made = credential.response as AuthenticatorAttestationResponse &
    AuthenticatorAssertionResponse;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature"] as const;
  const response: Record<string, unknown> = { transports: made.getTransports?.() };
  for (const part of [...parts, "userHandle"] as const) {
    const value = made[part];
    if (value) response[part] = base64url(value);
  }
  return { id, rawId: base64url(rawId), type, response };
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function base64url(buffer: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
