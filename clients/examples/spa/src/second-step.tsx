import type { Challenge } from "@bifrons/client";
import { useState } from "react";
import { client } from "./client.js";
import { Field, Form, Submit } from "./form.js";
import { words } from "./words/index.js";

interface SecondStepProps {
  readonly challenge: Challenge;
  readonly onLeave: () => void;
}

/** Asks for the code that completes the sign-in. */
export function SecondStep({ challenge, onLeave }: SecondStepProps) {
  const codes = challenge.factors.filter((one) => one !== "passkey");
  const [factor, setFactor] = useState(codes[0] ?? "totp");
  const other = codes.find((one) => one !== factor);
  return (
    <>
      <Form
        key={factor}
        call={({ code = "" }) => client.completeSignIn({ factor, code, token: challenge.token })}
      >
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
