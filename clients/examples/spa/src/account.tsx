import type { User } from "@bifrons/client";
import { useState } from "react";
import { client } from "./client.js";
import { DeleteAccount } from "./delete-account.js";
import { Field, Form, Submit } from "./form.js";
import { Profile } from "./profile.js";
import { Sessions } from "./sessions.js";
import { Title } from "./title.js";

/** The page for a signed-in user. */
export function Account({ user }: { readonly user: User }) {
  /** How often the user changed the password, which ends the other sessions. */
  const [changes, setChanges] = useState(0);
  return (
    <main>
      <header className="row">
        <div>
          <Title>{user.name ?? "Your account"}</Title>
          <p className="hint">{user.email}</p>
        </div>
        <Form call={() => client.signOut()}>
          <Submit className="quiet">Sign out</Submit>
        </Form>
      </header>

      <Profile user={user} />

      <Sessions key={changes} />

      <section aria-labelledby="password">
        <h2 id="password">Password</h2>
        <Form
          call={({ current_password = "", new_password = "" }) =>
            client.changePassword({ current_password, new_password })
          }
          onDone={() => setChanges(changes + 1)}
        >
          {/* For password managers. */}
          <input hidden autoComplete="username" defaultValue={user.email} />
          <Field
            name="current_password"
            label="Current password"
            type="password"
            autoComplete="current-password"
            required
          />
          <Field
            name="new_password"
            label="New password"
            type="password"
            autoComplete="new-password"
            required
          />
          <p role="status">
            {changes > 0 && "The password is changed, and the other sessions are ended."}
          </p>
          <Submit>Change the password</Submit>
        </Form>
      </section>

      <DeleteAccount user={user} />
    </main>
  );
}
