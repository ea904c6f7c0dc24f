import { useState } from "react";
import { client, signIn } from "./client.js";
import { Field, Form, Submit } from "./form.js";
import { Title } from "./title.js";

/** The page for a signed-out user. `left` if the user was signed in a moment ago. */
export function Welcome({ left }: { readonly left: boolean }) {
  const [isNew, setIsNew] = useState(false);
  const [isMailed, setIsMailed] = useState(false);
  const said = isMailed ? "A mail to this address tells you how to go on." : "You are signed out.";
  return (
    <main>
      <Title key={String(isNew)}>{isNew ? "Create an account" : "Sign in"}</Title>
      <p role="status">{(left || isMailed) && said}</p>
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
        signIn({ email, password, remember: remember === "on" })
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

/** `onMail` is called where the service wants addresses confirmed before there is an account. */
function SignUp({ onMail }: { readonly onMail: () => void }) {
  return (
    <Form
      call={async ({ name, email = "", password = "", remember }) => {
        const registered = await client.registerUser({ email, password, name: name || undefined });
        if (registered.data) return signIn({ email, password, remember: remember === "on" });
        if (!registered.problem) onMail();
        return registered;
      }}
    >
      <Field name="name" label="Name" hint="If you like." autoComplete="name" />
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
