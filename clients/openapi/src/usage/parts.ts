/** The operations that parts of the client call by themselves. A test compares them with the client's sources. */
export const PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  // For its state, and for the next access token.
  ["createClient", ["getSession", "refreshTokens"]],
  ["getAccessToken", ["mintAccessToken"]],
  ["diagnose", ["setProbeCookie", "readProbeCookie", "getSession"]],
  [
    "passkeys",
    [
      "startPasskeySignIn",
      "signInWithPasskey",
      "completeSignInWithPasskey",
      "reauthenticateWithPasskey",
      "startPasskeyRegistration",
      "registerPasskey",
    ],
  ],
]);
