import type { SessionStore } from "../session.js";

/**
 * Asks the service if the session is unknown. In browsers only: on a server a client at module level
 * would show one visitor's session to the next visitor.
 */
export function askInBrowser({ get, load }: Pick<SessionStore, "get" | "load">): void {
  // Without an answer it stays unknown; the next component asks again.
  if (typeof window !== "undefined" && get().status === "unknown") load().catch(() => {});
}
