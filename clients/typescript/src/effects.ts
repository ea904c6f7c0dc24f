import type { SessionEffect } from "./runtime/shapes.js";
import type { OperationId } from "./types.js";

/** How each operation's answer changes the caller's session. The other operations change nothing. */
export const effects: { readonly [Id in OperationId]?: SessionEffect } = {
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
