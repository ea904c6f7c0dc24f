/** The session in Svelte: `const session = sessionStore(client)`, and `$session.user` in the markup. */
import type { Readable } from "svelte/store";
import type { Client } from "../client.js";
import type { SessionState } from "../session.js";
import { askInBrowser } from "./ask.js";

/** What the client knows about the session. Asks the service if it is unknown. */
export function sessionStore({ session }: Pick<Client, "session">): Readable<SessionState> {
  return {
    // A store in Svelte calls back at once.
    subscribe: (run) => {
      run(session.get());
      const end = session.subscribe(run);
      askInBrowser(session);
      return end;
    },
  };
}
