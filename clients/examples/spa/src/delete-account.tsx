import type { User } from "@bifrons/client";
import { useState } from "react";
import { client } from "./client.js";
import { Field, Form, Submit } from "./form.js";

/** Deletes the account after the user has typed the password: the service wants a fresh session for it. */
export function DeleteAccount({ user }: { readonly user: User }) {
  const [asking, setAsking] = useState(false);
  return (
    <section aria-labelledby="delete">
      <h2 id="delete">Delete the account</h2>
      <p className="hint">Your account and all your sessions end at once, for good.</p>
      {asking ? (
        <Form
          call={async ({ password = "" }) => {
            const confirmed = await client.reauthenticate({ password });
            return confirmed.problem ? confirmed : client.deleteMe();
          }}
        >
          <input hidden autoComplete="username" defaultValue={user.email} />
          <Field
            name="password"
            label="Your password"
            type="password"
            autoComplete="current-password"
            autoFocus
            required
          />
          <Submit className="danger">Delete my account for good</Submit>
          <button type="button" className="link" onClick={() => setAsking(false)}>
            Keep it
          </button>
        </Form>
      ) : (
        <button type="button" className="quiet" onClick={() => setAsking(true)}>
          Delete my account
        </button>
      )}
    </section>
  );
}
