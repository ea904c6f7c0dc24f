/** The session in React: `const { status, user } = useSession(client)`. */
import { useEffect, useSyncExternalStore } from "react";
import type { Client } from "../client.js";
import type { SessionState } from "../session.js";

/** What the client knows about the session. Asks the service if it is unknown. */
export function useSession({ session }: Pick<Client, "session">): SessionState {
  const { get, subscribe, load } = session;
  useEffect(() => {
    // Without an answer it stays unknown; the next component to mount asks again.
    if (get().status === "unknown") load().catch(() => {});
  }, [get, load]);
  return useSyncExternalStore(subscribe, get, get);
}
