import type { User } from "@bifrons/client";
import { useState } from "react";
import { client } from "./client.js";
import { Form, Submit } from "./form.js";
import { Proof, prove } from "./proof.js";
import { words } from "./words/index.js";

/** Deletes the account after the user has typed the password: the service wants a fresh session for it. */
export function DeleteAccount({ user }: { readonly user: User }) {
  const [asking, setAsking] = useState(false);
  return (
    <section aria-labelledby="delete">
      <h2 id="delete">{words.deleteTitle}</h2>
      <p className="hint">{words.deleteText}</p>
      {asking ? (
        <Form
          call={async (fields) => {
            const confirmed = await prove(fields);
            return confirmed.problem ? confirmed : client.deleteMe();
          }}
        >
          <Proof user={user} autoFocus />
          <Submit className="danger">{words.deleteForGood}</Submit>
          <button type="button" className="link" onClick={() => setAsking(false)}>
            {words.keepAccount}
          </button>
        </Form>
      ) : (
        <button type="button" className="quiet" onClick={() => setAsking(true)}>
          {words.deleteAccount}
        </button>
      )}
    </section>
  );
}
