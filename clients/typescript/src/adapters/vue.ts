/** The session in Vue: `const session = useSession(client)`, and `session.user` in the template. */
import { onScopeDispose, type ShallowRef, shallowRef } from "vue";
import type { Client } from "../client.js";
import type { SessionState } from "../session.js";
import { askInBrowser } from "./ask.js";

/** What the client knows about the session. Asks the service if it is unknown. */
export function useSession({
  session,
}: Pick<Client, "session">): Readonly<ShallowRef<SessionState>> {
  const state = shallowRef(session.get());
  onScopeDispose(
    session.subscribe((next) => {
      state.value = next;
    }),
  );
  askInBrowser(session);
  return state;
}
