import type { Challenge, EndReason } from "@bifrons/client";
import { useEffect, useState } from "react";
import { client } from "./client.js";
import { useConfiguration } from "./configuration.js";
import { Field, Form, Submit } from "./form.js";
import { NewPassword } from "./new-password.js";
import { SecondStep } from "./second-step.js";
import { Title } from "./title.js";
import { words } from "./words/index.js";

const VIEWS = { signIn: SignIn, createAccount: SignUp, forgot: Forgot };

interface ViewProps {
  /** Is called when a mail tells the user how to go on, with what to say about it. */
  readonly onMail: (news: string) => void;
  /** Is called when the password was right, and a code is demanded. */
  readonly onChallenge: (challenge: Challenge) => void;
}

/** The page for a signed-out user, who may be told why. */
export function Welcome({ reason }: { readonly reason: EndReason | undefined }) {
  const [view, setView] = useState<keyof typeof VIEWS>("signIn");
  const [news, setNews] = useState(reason && words.ended[reason]);
  const [challenge, setChallenge] = useState<Challenge>();
  const View = VIEWS[view];
  const link = (to: typeof view, label: string) => (
    <button type="button" className="link" onClick={() => setView(to)}>
      {label}
    </button>
  );
  if (challenge) {
    return (
      <main>
        <Title key="second step">{words.secondStep}</Title>
        <SecondStep challenge={challenge} onLeave={() => setChallenge(undefined)} />
      </main>
    );
  }
  return (
    <main>
      <Title key={view}>{words[view]}</Title>
      <p role="status">{news}</p>
      <View onMail={setNews} onChallenge={setChallenge} />
      {view === "signIn" ? (
        <>
          {link("createAccount", words.createAccount)}
          {link("forgot", words.forgot)}
        </>
      ) : (
        link("signIn", words.haveAccount)
      )}
    </main>
  );
}

function SignIn({ onChallenge }: ViewProps) {
  useEffect(() => {
    // Passkeys in the autofill of the address, for as long as the form is shown.
    const left = new AbortController();
    client.passkeys.signIn({ conditional: true, signal: left.signal }).catch(() => {});
    return () => left.abort();
  }, []);
  return (
    <>
      <Form
        call={async ({ email = "", password = "", remember }) => {
          const answer = await client.signIn({ email, password, remember: remember === "on" });
          if (answer.data?.status === "challenge") onChallenge(answer.data);
          return answer;
        }}
      >
        <Email />
        <Field
          name="password"
          label={words.password}
          type="password"
          autoComplete="current-password"
          required
        />
        <Remember />
        <Submit>{words.signIn}</Submit>
      </Form>
      <Form call={() => client.passkeys.signIn()}>
        <Submit className="quiet">{words.signInWithPasskey}</Submit>
      </Form>
    </>
  );
}

/** Calls `onMail` if the service confirms addresses before it creates accounts. */
function SignUp({ onMail }: ViewProps) {
  const isVerified = useConfiguration()?.registration === "verified";
  return (
    <Form
      call={async ({ name, email = "", password = "", remember }) => {
        const registered = await client.registerUser({ email, password, name });
        if (registered.data) return client.signIn({ email, password, remember: remember === "on" });
        if (!registered.problem) onMail(words.confirmationMailed);
        return registered;
      }}
    >
      <Field name="name" label={words.name} hint={words.optional} autoComplete="name" />
      <Email />
      <NewPassword name="password" label={words.password} />
      {isVerified ? <p className="hint">{words.mailFirst}</p> : <Remember />}
      <Submit>{words.signUp}</Submit>
    </Form>
  );
}

/** Asks for a mail with a link to choose a new password. */
function Forgot({ onMail }: ViewProps) {
  return (
    <Form
      call={({ email = "" }) => client.requestPasswordReset({ email })}
      onDone={() => onMail(words.resetMailed)}
    >
      <Email />
      <Submit>{words.sendMail}</Submit>
    </Form>
  );
}

const Email = () => (
  <Field name="email" label={words.email} type="email" autoComplete="username webauthn" required />
);

const Remember = () => (
  <label className="check">
    <input type="checkbox" name="remember" /> {words.remember}
  </label>
);
