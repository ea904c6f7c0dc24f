import type { EndReason } from "@bifrons/client";
import { useState } from "react";
import { client } from "./client.js";
import { Field, Form, Submit } from "./form.js";
import { Title } from "./title.js";

/** Why the user sees this page instead of the account. */
const ENDED: Readonly<Record<EndReason, string>> = {
  signed_out: "You are signed out.",
  elsewhere: "You signed out in another tab.",
  expired: "Your session has expired. Sign in again.",
  revoked: "Your session was ended, for example on another device. Sign in again.",
};

/** The page for a signed-out user. */
export function Welcome({ reason }: { readonly reason: EndReason | undefined }) {
  const [isNew, setIsNew] = useState(false);
  const [isMailed, setIsMailed] = useState(false);
  const ended = reason && ENDED[reason];
  return (
    <main>
      <Title key={String(isNew)}>{isNew ? "Create an account" : "Sign in"}</Title>
      <p role="status">{isMailed ? "A mail to this address tells you how to go on." : ended}</p>
      {isNew ? <SignUp onMail={() => setIsMailed(true)} /> : <SignIn />}
      <button type="button" className="link" onClick={() => setIsNew(!isNew)}>
        {isNew ? "I have an account" : "Create an account"}
      </button>
    </main>
  );
}

function SignIn() {
  return (
    <Form
      call={({ email = "", password = "", remember }) =>
        client.signIn({ email, password, remember: remember === "on" })
      }
    >
      <Email />
      <Field
        name="password"
        label="Password"
        type="password"
        autoComplete="current-password"
        required
      />
      <Remember />
      <Submit>Sign in</Submit>
    </Form>
  );
}

/** Calls `onMail` if the service confirms addresses before it creates accounts. */
function SignUp({ onMail }: { readonly onMail: () => void }) {
  return (
    <Form
      call={async ({ name, email = "", password = "", remember }) => {
        const registered = await client.registerUser({ email, password, name });
        if (registered.data) return client.signIn({ email, password, remember: remember === "on" });
        if (!registered.problem) onMail();
        return registered;
      }}
    >
      <Field name="name" label="Name" hint="Optional." autoComplete="name" />
      <Email />
      <Field
        name="password"
        label="Password"
        hint="A sentence is easy to remember, and hard to guess."
        type="password"
        autoComplete="new-password"
        required
      />
      <Remember />
      <Submit>Sign up</Submit>
    </Form>
  );
}

const Email = () => (
  <Field name="email" label="Email" type="email" autoComplete="username" required />
);

const Remember = () => (
  <label className="check">
    <input type="checkbox" name="remember" /> Keep me signed in on this device
  </label>
);
