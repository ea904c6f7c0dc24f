import type { SessionEffect } from "../../src/runtime/shapes.js";

/** How each operation's answer changes the caller's session. The other operations change nothing. */
export const effects: Readonly<Record<string, SessionEffect>> = {
  signIn: "begins",
  completeSignIn: "begins",
  completeSignInWithPasskey: "begins",
  signInWithPasskey: "begins",
  confirmTotp: "begins",
  registerPasskey: "begins",
  reauthenticate: "begins",
  reauthenticateWithPasskey: "begins",
  changePassword: "begins",
  refreshTokens: "refreshed",
  getSession: "session",
  getMe: "user",
  updateMe: "user",
  signOut: "signed-out",
  deleteMe: "ended",
  endSession: "ended-one",
  endUserSession: "ended-one",
};
