import type { SessionEffect } from "../../src/runtime/shapes.js";

/** How each operation's answer changes the caller's session. The other operations change nothing. */
export const effects: Readonly<Record<string, SessionEffect>> = {
  signIn: "signed-in",
  getSession: "session",
  issueTokens: "tokens",
  refreshTokens: "refreshed",
  reauthenticate: "reissued",
  changePassword: "reissued",
  getMe: "user",
  updateMe: "user",
  signOut: "signed-out",
  deleteMe: "ended",
  endSession: "ended-one",
};
