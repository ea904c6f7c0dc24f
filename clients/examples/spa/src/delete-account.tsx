import type { User } from "@bifrons/client";
import { useState } from "react";
import { client } from "./client.js";
import { useConfiguration } from "./configuration.js";
import { Form, Submit } from "./form.js";
import { Proof, prove } from "./proof.js";
import { language, words } from "./words/index.js";

/** Deletes the account after the user has typed the password: the service wants a fresh session for it. */
export function DeleteAccount({ user }: { readonly user: User }) {
  const [asking, setAsking] = useState(false);
  const grace = useConfiguration()?.deletion_grace ?? 0;
  return (
    <section aria-labelledby="delete">
      <h2 id="delete">{words.deleteTitle}</h2>
      <p className="hint">{grace ? words.deleteLater(duration(grace)) : words.deleteText}</p>
      {asking ? (
        <Form
          call={async (fields) => {
            const confirmed = await prove(fields);
            return confirmed.problem ? confirmed : client.deleteMe();
          }}
        >
          <Proof user={user} autoFocus />
          <Submit className="danger">{grace ? words.deleteAccount : words.deleteForGood}</Submit>
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

const UNITS = { day: 86_400, hour: 3600, minute: 60, second: 1 };

/** A time in the user's language, in the largest unit of which it has at least one, and never more than it is. */
function duration(seconds: number): string {
  const [unit, size] = Object.entries(UNITS).find(([, size]) => seconds >= size) ?? ["second", 1];
  const style = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(language, style).format(Math.floor(seconds / size));
}
