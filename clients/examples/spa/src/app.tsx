import { useSession } from "@bifrons/client/react";
import { Account } from "./account.js";
import { client } from "./client.js";
import { Confirm } from "./confirm.js";
import { NoAnswer } from "./no-answer.js";
import { Welcome } from "./welcome.js";

/**
 * The page follows the session, in this tab or another: the account is shown to a signed-in user only.
 * `token` is the token of a mail's link.
 */
export function App({ token }: { readonly token: string | undefined }) {
  const { status, session, reason, error, refetch } = useSession(client);
  if (session) return <Account key={session.id} user={session.user} />;
  if (status === "unknown") return error ? <NoAnswer retry={refetch} /> : <main aria-busy="true" />;
  return token && !reason ? <Confirm token={token} /> : <Welcome reason={reason} />;
}
