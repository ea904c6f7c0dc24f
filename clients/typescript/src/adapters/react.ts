/** The session in React: `const { status, user } = useSession(client)`. */
import { useEffect, useSyncExternalStore } from "react";
import type { Client } from "../client.js";
import type { SessionState } from "../session.js";

/** What the client knows about the session. It asks the service if nobody has done so yet. */
export function useSession({ session }: Pick<Client, "session">): SessionState {
  const { get, subscribe, load } = session;
  useEffect(() => {
    // Without an answer it stays unknown; whoever mounts next asks again.
    if (get().status === "unknown") load().catch(() => {});
  }, [get, load]);
  return useSyncExternalStore(subscribe, get, get);
}
