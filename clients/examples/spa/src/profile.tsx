import type { User } from "@bifrons/client";
import { useState } from "react";
import { client } from "./client.js";
import { Field, Form, Submit } from "./form.js";
import { words } from "./words/index.js";

/** Changes the user's name. An empty name removes it. */
export function Profile({ user }: { readonly user: User }) {
  const [saved, setSaved] = useState(false);
  return (
    <section aria-labelledby="profile">
      <h2 id="profile">{words.profile}</h2>
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
          label={words.name}
          autoComplete="name"
          defaultValue={user.name}
        />
        <p role="status">{saved && words.nameSaved}</p>
        <Submit className="quiet">{words.saveName}</Submit>
      </Form>
    </section>
  );
}
