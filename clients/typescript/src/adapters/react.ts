/** The session in React: `const { status, user } = useSession(client)`. */
import { useEffect, useSyncExternalStore } from "react";
import type { Client } from "../client.js";
import type { SessionState, SessionStore } from "../session.js";
import { askInBrowser } from "./ask.js";

/** The state of the session, and the function that asks the service again. */
export type UseSession = SessionState & { readonly refetch: SessionStore["load"] };

/** What the client knows about the session. Asks the service if it is unknown. */
export function useSession({ session }: Pick<Client, "session">): UseSession {
  const { get, initial, subscribe, load } = session;
  useEffect(() => askInBrowser(session), [session]);
  // React hydrates with the third function: it must return what the server rendered, which did not
  // know what this page has learnt since.
  const state = useSyncExternalStore(subscribe, get, typeof window === "undefined" ? get : initial);
  return { ...state, refetch: load };
}
