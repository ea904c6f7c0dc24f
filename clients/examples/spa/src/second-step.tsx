import type { Challenge } from "@bifrons/client";
import { useState } from "react";
import { client } from "./client.js";
import { Field, Form, Submit } from "./form.js";
import { words } from "./words/index.js";

interface SecondStepProps {
  readonly challenge: Challenge;
  readonly onLeave: () => void;
}

/** Asks for what completes the sign-in: a passkey, or a code. */
export function SecondStep({ challenge, onLeave }: SecondStepProps) {
  const { factors, token } = challenge;
  const codes = factors.filter((one) => one !== "passkey");
  const [factor, setFactor] = useState(codes[0]);
  const other = codes.find((one) => one !== factor);
  return (
    <>
      {factors.includes("passkey") && (
        <Form call={() => client.passkeys.completeSignIn({ token })}>
          <Submit>{words.usePasskey}</Submit>
        </Form>
      )}
      {factor && (
        <Form key={factor} call={({ code = "" }) => client.completeSignIn({ factor, code, token })}>
          <Field
            name="code"
            label={words.codes[factor].label}
            hint={words.codes[factor].hint}
            autoComplete={factor === "totp" ? "one-time-code" : "off"}
            inputMode={factor === "totp" ? "numeric" : "text"}
            autoFocus
            required
          />
          <Submit>{words.signIn}</Submit>
        </Form>
      )}
      {other && (
        <button type="button" className="link" onClick={() => setFactor(other)}>
          {words.codes[other].instead}
        </button>
      )}
      <button type="button" className="link" onClick={onLeave}>
        {words.notNow}
      </button>
    </>
  );
}
