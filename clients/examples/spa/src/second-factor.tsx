import type { SecondFactors, TotpEnrolment, User } from "@bifrons/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { client } from "./client.js";
import { type Failure, failureOf } from "./failure.js";
import { Field, Form, Submit } from "./form.js";
import { Proof, prove } from "./proof.js";
import { language, words } from "./words/index.js";

/** What the section shows: a step on the way to a second factor, or how it stands. */
type View =
  | { readonly step: "idle" | "adding" | "removing" | "replacing" }
  | { readonly step: "scanning"; readonly enrolment: TotpEnrolment }
  | { readonly step: "codes"; readonly codes: readonly string[] };

/** Adds an authenticator app to the account, or removes it. */
export function SecondFactor({ user }: { readonly user: User }) {
  const { factors, failure, load } = useFactors();
  const [view, setView] = useState<View>({ step: "idle" });
  const title = useRef<HTMLHeadingElement>(null);
  const show = (next: View) => {
    setView(next);
    // The button that was pressed goes away.
    title.current?.focus();
    load();
  };
  const leave = (
    <button type="button" className="link" onClick={() => show({ step: "idle" })}>
      {words.notNow}
    </button>
  );
  return (
    <section aria-labelledby="second-factor">
      <h2 id="second-factor" tabIndex={-1} ref={title}>
        {words.secondFactor}
      </h2>
      <p role="alert" className="error">
        {failure?.message}
      </p>
      {view.step === "idle" && factors && <Standing factors={factors} show={show} />}
      {view.step === "adding" && (
        <Form
          call={async (fields) => {
            const proved = await prove(fields);
            if (proved.problem) return proved;
            const started = await client.startTotp();
            if (started.data) show({ step: "scanning", enrolment: started.data });
            return started;
          }}
        >
          <Proof user={user} autoFocus />
          <Submit>{words.goOn}</Submit>
          {leave}
        </Form>
      )}
      {view.step === "scanning" && (
        <Form
          call={async ({ code = "" }) => {
            const confirmed = await client.confirmTotp({ code });
            if (confirmed.data) show({ step: "codes", codes: confirmed.data.recovery_codes });
            return confirmed;
          }}
        >
          <p>{words.scan}</p>
          <img
            alt={words.qrCode}
            width="240"
            height="240"
            src={`data:image/svg+xml,${encodeURIComponent(view.enrolment.qr_svg)}`}
          />
          <p className="hint">
            {words.orType} <code>{view.enrolment.secret}</code>
          </p>
          <Field
            name="code"
            label={words.codes.totp.label}
            autoComplete="one-time-code"
            inputMode="numeric"
            autoFocus
            required
          />
          <Submit>{words.confirm.button}</Submit>
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
          <button type="button" className="quiet" onClick={() => window.print()}>
            {words.print}
          </button>
          <button type="button" className="link" onClick={() => show({ step: "idle" })}>
            {words.wroteDown}
          </button>
        </>
      )}
      {(view.step === "removing" || view.step === "replacing") && (
        <Form
          call={async (fields) => {
            const proved = await prove(fields);
            if (proved.problem) return proved;
            if (view.step === "removing") {
              const removed = await client.removeTotp();
              if (!removed.problem) show({ step: "idle" });
              return removed;
            }
            const replaced = await client.replaceRecoveryCodes();
            if (replaced.data) show({ step: "codes", codes: replaced.data.recovery_codes });
            return replaced;
          }}
        >
          <Proof user={user} autoFocus />
          <Submit className={view.step === "removing" ? "danger" : ""}>
            {view.step === "removing" ? words.removeApp : words.newCodes}
          </Submit>
          {leave}
        </Form>
      )}
    </section>
  );
}

interface StandingProps {
  readonly factors: SecondFactors;
  readonly show: (view: View) => void;
}

/** Whether there is an app, and what can be done about it. */
function Standing({ factors, show }: StandingProps) {
  const { totp_added_at: since, recovery_codes_left: left } = factors;
  if (since === undefined) {
    return (
      <>
        <p className="hint">{words.secondFactorText}</p>
        <button type="button" className="quiet" onClick={() => show({ step: "adding" })}>
          {words.addApp}
        </button>
      </>
    );
  }
  const date = new Date(since).toLocaleDateString(language, { dateStyle: "medium" });
  return (
    <>
      <p>{words.appSince(date)}</p>
      <p className="hint">{words.codesLeft(left)}</p>
      <button type="button" className="quiet" onClick={() => show({ step: "replacing" })}>
        {words.newCodes}
      </button>
      <button type="button" className="link" onClick={() => show({ step: "removing" })}>
        {words.removeApp}
      </button>
    </>
  );
}

function useFactors(): { factors?: SecondFactors; failure?: Failure; load: () => void } {
  const [known, setKnown] = useState<{ factors?: SecondFactors; failure?: Failure }>({});
  const load = useCallback(async () => {
    const found: typeof known = {};
    const failure = await failureOf(async () => {
      const answer = await client.getSecondFactors();
      if (answer.data) found.factors = answer.data;
      return answer;
    });
    setKnown(failure ? { failure } : found);
  }, []);
  useEffect(() => {
    load();
  }, [load]);
  return { ...known, load };
}
