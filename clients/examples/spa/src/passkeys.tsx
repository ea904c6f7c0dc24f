import type { Passkey, User } from "@bifrons/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { client } from "./client.js";
import { type Failure, failureOf } from "./failure.js";
import { Field, Form, Submit } from "./form.js";
import { Proof, prove } from "./proof.js";
import { language, words } from "./words/index.js";

/** What the section shows. */
type View =
  | { readonly step: "list" | "adding" }
  | { readonly step: "renaming" | "removing"; readonly passkey: Passkey }
  | { readonly step: "codes"; readonly codes: readonly string[] };

/** The passkeys of the account: adds, renames and removes them. */
export function Passkeys({ user }: { readonly user: User }) {
  const { passkeys, failure, load } = usePasskeys();
  const [view, setView] = useState<View>({ step: "list" });
  const title = useRef<HTMLHeadingElement>(null);
  const show = (next: View) => {
    setView(next);
    // The button that was pressed goes away.
    title.current?.focus();
    load();
  };
  const leave = (
    <button type="button" className="link" onClick={() => show({ step: "list" })}>
      {words.notNow}
    </button>
  );
  return (
    <section aria-labelledby="passkeys">
      <h2 id="passkeys" tabIndex={-1} ref={title}>
        {words.passkeys}
      </h2>
      <p role="alert" className="error">
        {failure?.message}
      </p>
      {view.step === "list" && passkeys && <List passkeys={passkeys} show={show} />}
      {view.step === "adding" && (
        <Form
          call={async (fields) => {
            const proved = await prove(fields);
            if (proved.problem) return proved;
            const added = await client.passkeys.register();
            const codes = added.data?.recovery_codes;
            if (added.data) show(codes ? { step: "codes", codes } : { step: "list" });
            return added;
          }}
        >
          <Proof user={user} autoFocus />
          <Submit>{words.addPasskey}</Submit>
          {leave}
        </Form>
      )}
      {view.step === "renaming" && (
        <Form
          call={({ passkey_name: name = "" }) =>
            client.renamePasskey({ id: view.passkey.id, name })
          }
          onDone={() => show({ step: "list" })}
        >
          <Field
            name="passkey_name"
            label={words.passkeyName}
            defaultValue={view.passkey.name}
            autoFocus
            required
          />
          <Submit>{words.saveName}</Submit>
          {leave}
        </Form>
      )}
      {view.step === "removing" && (
        <Form
          call={async (fields) => {
            const proved = await prove(fields);
            if (proved.problem) return proved;
            return client.removePasskey({ id: view.passkey.id });
          }}
          onDone={() => show({ step: "list" })}
        >
          <p>{view.passkey.name}</p>
          <Proof user={user} autoFocus />
          <Submit className="danger">{words.removePasskey}</Submit>
          {leave}
        </Form>
      )}
      {view.step === "codes" && (
        <>
          <p>{words.writeDown}</p>
          <ul className="codes">
            {view.codes.map((code) => (
              <li key={code}>
                <code>{code}</code>
              </li>
            ))}
          </ul>
          <button type="button" className="link" onClick={() => show({ step: "list" })}>
            {words.wroteDown}
          </button>
        </>
      )}
    </section>
  );
}

interface ListProps {
  readonly passkeys: readonly Passkey[];
  readonly show: (view: View) => void;
}

function List({ passkeys, show }: ListProps) {
  return (
    <>
      {passkeys.length === 0 && <p className="hint">{words.passkeyText}</p>}
      <ul>
        {passkeys.map((passkey) => (
          <li key={passkey.id}>
            <p>{passkey.name}</p>
            <p className="hint">
              {words.passkeyUse(day(passkey.created_at), day(passkey.last_used_at))}
            </p>
            <button
              type="button"
              className="quiet"
              aria-label={`${words.rename}: ${passkey.name}`}
              onClick={() => show({ step: "renaming", passkey })}
            >
              {words.rename}
            </button>
            <button
              type="button"
              className="link"
              aria-label={`${words.removePasskey}: ${passkey.name}`}
              onClick={() => show({ step: "removing", passkey })}
            >
              {words.removePasskey}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" className="quiet" onClick={() => show({ step: "adding" })}>
        {words.addPasskey}
      </button>
    </>
  );
}

const day = (time: string | undefined): string | undefined =>
  time && new Date(time).toLocaleDateString(language, { dateStyle: "medium" });

function usePasskeys(): { passkeys?: readonly Passkey[]; failure?: Failure; load: () => void } {
  const [known, setKnown] = useState<{ passkeys?: readonly Passkey[]; failure?: Failure }>({});
  const load = useCallback(async () => {
    const found: typeof known = {};
    const failure = await failureOf(async () => {
      const answer = await client.listPasskeys();
      if (answer.data) found.passkeys = answer.data.items;
      return answer;
    });
    setKnown(failure ? { failure } : found);
  }, []);
  useEffect(() => {
    load();
  }, [load]);
  return { ...known, load };
}
