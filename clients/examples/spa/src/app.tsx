import { useSession } from "@bifrons/client/react";
import { useState } from "react";
import { Account } from "./account.js";
import { client } from "./client.js";
import { link as opened } from "./link.js";
import { Linked } from "./linked.js";
import { NoAnswer } from "./no-answer.js";
import { Welcome } from "./welcome.js";

/** A mail's link that opened the app comes first, whether or not the user is signed in. */
export function App() {
  const [link, setLink] = useState(opened);
  return link ? <Linked link={link} onLeave={() => setLink(undefined)} /> : <Home />;
}

/** The page follows the session, in this tab or another: the account is shown to a signed-in user only. */
function Home() {
  const { status, session, reason, error, refetch } = useSession(client);
  if (session) return <Account key={session.id} user={session.user} />;
  if (status === "unknown") return error ? <NoAnswer retry={refetch} /> : <main aria-busy="true" />;
  return <Welcome reason={reason} />;
}
