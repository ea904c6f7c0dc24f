import type { User } from "@bifrons/client";
import { useState } from "react";
import { client } from "./client.js";
import { Field, Form, Submit } from "./form.js";

/** Changes the user's name. An empty name removes it. */
export function Profile({ user }: { readonly user: User }) {
  const [saved, setSaved] = useState(false);
  return (
    <section aria-labelledby="profile">
      <h2 id="profile">Profile</h2>
      <Form
        call={({ name }) => {
          setSaved(false);
          return client.updateMe({ name });
        }}
        onDone={() => setSaved(true)}
      >
        <Field
          key={user.name}
          name="name"
          label="Name"
          autoComplete="name"
          defaultValue={user.name}
        />
        <p role="status">{saved && "The name is saved."}</p>
        <Submit className="quiet">Save the name</Submit>
      </Form>
    </section>
  );
}
