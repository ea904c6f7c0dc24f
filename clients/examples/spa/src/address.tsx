import type { User } from "@bifrons/client";
import { useRef, useState } from "react";
import { client } from "./client.js";
import { Field, Form, Submit } from "./form.js";
import { Proof, prove } from "./proof.js";
import { words } from "./words/index.js";

/** Confirms the user's address, or changes it. Both take effect with the link of a mail. */
export function Address({ user }: { readonly user: User }) {
  const [asking, setAsking] = useState(false);
  /** The address that the last mail was sent to. */
  const [mailed, setMailed] = useState<string>();
  const title = useRef<HTMLHeadingElement>(null);
  return (
    <section aria-labelledby="address">
      <h2 id="address" tabIndex={-1} ref={title}>
        {words.address}
      </h2>
      <p role="status">{mailed && words.addressMailed(mailed)}</p>
      {!user.email_verified && (
        <Form call={() => client.sendEmailVerification()} onDone={() => setMailed(user.email)}>
          <p className="hint">{words.notConfirmed}</p>
          <Submit className="quiet">{words.confirmAddress}</Submit>
        </Form>
      )}
      {asking ? (
        <Form
          call={async ({ email = "", ...fields }) => {
            // The service wants a fresh session for it.
            const confirmed = await prove(fields);
            if (confirmed.problem) return confirmed;
            const asked = await client.changeEmail({ email });
            if (!asked.problem) setMailed(email);
            return asked;
          }}
          onDone={() => {
            setAsking(false);
            // The button that was pressed goes away.
            title.current?.focus();
          }}
        >
          <Field
            name="email"
            label={words.newAddress}
            type="email"
            autoComplete="email"
            autoFocus
            required
          />
          <Proof user={user} />
          <Submit>{words.changeAddress}</Submit>
          <button type="button" className="link" onClick={() => setAsking(false)}>
            {words.keepAddress}
          </button>
        </Form>
      ) : (
        <button type="button" className="quiet" onClick={() => setAsking(true)}>
          {words.changeAddress}
        </button>
      )}
    </section>
  );
}
