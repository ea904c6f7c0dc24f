import { useSession } from "@bifrons/client/react";
import { useEffect, useState } from "react";
import { Account } from "./account.js";
import { client } from "./client.js";
import { Confirm } from "./confirm.js";
import { Form, Submit } from "./form.js";
import { Welcome } from "./welcome.js";

/**
 * What is shown depends on who is signed in, and follows when that changes: in another tab too. `token`
 * is what the link of a mail brought along.
 */
export function App({ token }: { readonly token: string | undefined }) {
  const { status, session } = useSession(client);
  const [wasSignedIn, setWasSignedIn] = useState(false);
  if (session && !wasSignedIn) setWasSignedIn(true);

  if (session) return <Account key={session.id} user={session.user} />;
  if (status === "unknown") return <Unknown />;
  return token && !wasSignedIn ? <Confirm token={token} /> : <Welcome left={wasSignedIn} />;
}

/** The service has not said yet. As long as it cannot be reached, it stays like that. */
function Unknown() {
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    // The same call as that of `useSession`, however many ask for it.
    const done = () => setFailed(true);
    client.session.load().then(done, done);
  }, []);

  if (!failed) return <main aria-busy="true" />;
  return (
    <main>
      <h1>Nothing to show</h1>
      <p>The service does not answer.</p>
      <Form call={() => client.getSession()}>
        <Submit>Try again</Submit>
      </Form>
    </main>
  );
}
