import type { Meaning } from "./runtime/shapes.js";
import type { OperationId } from "./types.js";

/** What the answers say about the session of whoever asked. The other operations say nothing. */
export const meanings: { readonly [Id in OperationId]?: Meaning } = {
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
