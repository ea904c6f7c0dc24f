/** The session in React: `const { status, user } = useSession(client)`. */
import { useEffect, useSyncExternalStore } from "react";
import type { Client } from "../client.js";
import type { SessionState } from "../session.js";
import { askInBrowser } from "./ask.js";

/** What the client knows about the session. Asks the service if it is unknown. */
export function useSession({ session }: Pick<Client, "session">): SessionState {
  const { get, initial, subscribe } = session;
  useEffect(() => askInBrowser(session), [session]);
  // React hydrates with the third function: it must return what the server rendered, which did not
  // know what this page has learnt since.
  return useSyncExternalStore(subscribe, get, typeof window === "undefined" ? get : initial);
}
