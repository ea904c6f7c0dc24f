import type { User } from "@bifrons/client";
import { useState } from "react";
import { Address } from "./address.js";
import { client } from "./client.js";
import { DeleteAccount } from "./delete-account.js";
import { ExportData } from "./export-data.js";
import { Field, Form, Submit } from "./form.js";
import { NewPassword } from "./new-password.js";
import { Passkeys } from "./passkeys.js";
import { Profile } from "./profile.js";
import { SecondFactor } from "./second-factor.js";
import { Sessions } from "./sessions.js";
import { Title } from "./title.js";
import { words } from "./words/index.js";

/** The page for a signed-in user. */
export function Account({ user }: { readonly user: User }) {
  /** How often the user changed the password, which ends the other sessions. */
  const [changes, setChanges] = useState(0);
  return (
    <main>
      <header className="row">
        <div>
          <Title>{user.name ?? words.account}</Title>
          <p className="hint">{user.email}</p>
        </div>
        <Form call={() => client.signOut()}>
          <Submit className="quiet">{words.signOut}</Submit>
        </Form>
      </header>

      <Profile user={user} />

      <Address key={`${user.email} ${user.email_verified}`} user={user} />

      <Sessions key={changes} />

      <section aria-labelledby="password">
        <h2 id="password">{words.password}</h2>
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
            label={words.currentPassword}
            type="password"
            autoComplete="current-password"
            required
          />
          <NewPassword name="new_password" label={words.newPassword} />
          <p role="status">{changes > 0 && words.passwordChanged}</p>
          <Submit>{words.changePassword}</Submit>
        </Form>
      </section>

      <SecondFactor user={user} />

      <Passkeys user={user} />

      <ExportData user={user} />

      <DeleteAccount user={user} />
    </main>
  );
}
